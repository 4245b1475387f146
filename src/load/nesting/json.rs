//! The scan of JSON.

use super::{Step, run};
use memchr::memchr2;

/// JSON between two bytes.
#[derive(Clone, Copy)]
pub(super) enum Json {
    Between,
    String,
    Escape,
}

impl Json {
    pub(super) fn step(&mut self, piece: &[u8]) -> Step {
        match self {
            Json::Between => {
                let is_special = |b: &u8| matches!(b, b'"' | b'[' | b'{' | b']' | b'}');
                let skipped = run(piece.iter().position(is_special), piece);
                if skipped > 0 {
                    return Step::over_names(&piece[..skipped]);
                }
                match piece[0] {
                    b'"' => {
                        *self = Json::String;
                        Step::over(1)
                    }
                    b'[' | b'{' => Step::up(),
                    _ => Step::down(),
                }
            }
            Json::String => {
                let skipped = run(memchr2(b'"', b'\\', piece), piece);
                if skipped > 0 {
                    return Step::within_token(skipped);
                }
                *self = match piece[0] {
                    b'"' => Json::Between,
                    _ => Json::Escape,
                };
                Step::within_token(1)
            }
            Json::Escape => {
                *self = Json::String;
                Step::within_token(1)
            }
        }
    }
}
