//! Stack for work that recurses over what a caller gave: queries nest, and the caller's stack is not ours.

use crate::error::{Code, Error, Result};

/// What the library may take of its caller's stack.
pub const STACK_BYTES_OF_CALLER: usize = 448 << 10;

/// Runs `work` on the caller's stack if `bytes` are few, else on a thread of that stack. Cost of a thread: 20-50 us.
/// Errors: those of `work`; `ResourceExhausted` if there is no thread.
pub fn with_stack<T: Send>(bytes: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    if bytes <= STACK_BYTES_OF_CALLER {
        return work();
    }
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("ts-deep".into())
            .stack_size(bytes)
            .spawn_scoped(scope, work)
            .map_err(|error| {
                Error::new(
                    Code::ResourceExhausted,
                    "no thread for a deeply nested query",
                )
                .because(error)
            })?
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
