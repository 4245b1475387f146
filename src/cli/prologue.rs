//! The prefixes that a query declares, so that its answer can be written with them.

use triplestore::load::check_iri;

/// Names and IRIs of the prologue of a query that has been parsed. Declarations whose IRI is relative or escaped are
/// left out: names are only for reading.
pub fn prefixes(query: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = query;
    while let Some(declaration) = declaration(&mut rest) {
        if let Declaration::Prefix(name, iri) = declaration
            && check_iri(iri).is_ok()
        {
            found.retain(|(known, _)| known != name);
            found.push((name.to_owned(), iri.to_owned()));
        }
    }
    found
}

enum Declaration<'q> {
    Prefix(&'q str, &'q str),
    /// BASE or VERSION.
    Other,
}

/// Takes the next declaration off; `None` where the prologue ends.
fn declaration<'q>(rest: &mut &'q str) -> Option<Declaration<'q>> {
    skip_space(rest);
    let word = take_while(rest, |c| c.is_ascii_alphabetic());
    skip_space(rest);
    match word.to_ascii_uppercase().as_str() {
        "PREFIX" => {
            let name = take_while(rest, |c| c != ':');
            *rest = rest.strip_prefix(':')?;
            skip_space(rest);
            Some(Declaration::Prefix(name, enclosed(rest, '<', '>')?))
        }
        "BASE" => enclosed(rest, '<', '>').map(|_| Declaration::Other),
        "VERSION" => {
            let quote = rest.chars().next()?;
            enclosed(rest, quote, quote).map(|_| Declaration::Other)
        }
        _ => None,
    }
}

fn take_while<'q>(rest: &mut &'q str, wanted: impl Fn(char) -> bool) -> &'q str {
    let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    let (taken, after) = rest.split_at(end);
    *rest = after;
    taken
}

fn enclosed<'q>(rest: &mut &'q str, open: char, close: char) -> Option<&'q str> {
    let (inside, after) = rest.strip_prefix(open)?.split_once(close)?;
    *rest = after;
    Some(inside)
}

/// White space and comments.
fn skip_space(rest: &mut &str) {
    loop {
        *rest = rest.trim_start();
        if !rest.starts_with('#') {
            return;
        }
        take_while(rest, |c| c != '\n' && c != '\r');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prologue_is_read_up_to_the_query() {
        let query = "# rooms <\nBASE <http://b/>\nprefix : <http://a/#>PREFIX r: # x\n<http://r/>\n\
                     VERSION '1.2' PREFIX rel: <x> PREFIX r: <http://r2/>\n\
                     SELECT * { ?s r:p \"PREFIX no: <http://n/>\" }";
        let expected = [("", "http://a/#"), ("r", "http://r2/")];
        assert_eq!(
            prefixes(query),
            expected.map(|(name, iri)| (name.to_owned(), iri.to_owned()))
        );
    }

    #[test]
    fn a_query_without_a_prologue_has_no_prefixes() {
        for query in ["", "ASK {}", "#", "PREFIX", "PREFIX a", "PREFIX a: <"] {
            assert!(prefixes(query).is_empty(), "{query}");
        }
    }
}
