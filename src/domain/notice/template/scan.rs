//! What a template may use: values, `if`, `for`, and filters that make nothing large. Refused when it is loaded, with the
//! place, so that nobody learns of it during an incident.

/// Filters that a template may use.
pub const FILTERS: [&str; 27] = [
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "select",
    "selectattr",
    "sort",
    "title",
    "trim",
    "unique",
    "upper",
];
/// Tests that a template may use after `is`.
pub const TESTS: [&str; 9] =
    ["defined", "undefined", "none", "in", "eq", "equalto", "ne", "startingwith", "endingwith"];
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// What was found that is not allowed, with its line.
pub fn refused(source: &str) -> Option<String> {
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        let tag = &rest[at..];
        let end = match tag.as_bytes().get(1) {
            Some(b'#') => tag.find("#}").map_or(tag.len(), |end| end + 2),
            Some(b'{' | b'%') => {
                let (tokens, end) = tokens(&tag[2..]);
                let statement = tag.as_bytes()[1] == b'%';
                if let Some(problem) = judge(&tokens, statement) {
                    let line = source[..source.len() - tag.len()].matches('\n').count() + 1;
                    return Some(format!("line {line}: {problem}"));
                }
                end + 2
            }
            _ => 1,
        };
        rest = &tag[end..];
    }
    None
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Sign(char),
    Other,
}

// Words, signs and literals up to the end of the tag, and where that is.
fn tokens(tag: &str) -> (Vec<Token<'_>>, usize) {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = tag[at..].chars().next() {
        if tag[at..].starts_with("}}") || tag[at..].starts_with("%}") {
            return (tokens, at + 2);
        }
        let rest = &tag[at..];
        let length = match c {
            '"' | '\'' => {
                tokens.push(Token::Other);
                string_length(rest, c)
            }
            _ if c.is_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                tokens.push(Token::Word(&rest[..end]));
                end
            }
            _ if c.is_ascii_digit() => {
                tokens.push(Token::Other);
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => {
                if !c.is_whitespace() {
                    tokens.push(Token::Sign(c));
                }
                c.len_utf8()
            }
        };
        at += length;
    }
    (tokens, at)
}

fn string_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn judge(tokens: &[Token<'_>], is_statement: bool) -> Option<String> {
    let mut tokens = tokens;
    // Whitespace control: `{%- if`.
    if let Some(Token::Sign('-' | '+')) = tokens.first() {
        tokens = &tokens[1..];
    }
    if is_statement {
        match tokens.first() {
            Some(Token::Word(word)) if STATEMENTS.contains(word) => tokens = &tokens[1..],
            Some(Token::Word(word)) => {
                return Some(format!("`{{% {word} %}}` is not allowed; there are: {}", STATEMENTS.join(", ")));
            }
            _ => return Some("a statement is missing after `{%`".to_owned()),
        }
    }
    (0..tokens.len()).find_map(|at| judge_token(tokens, at))
}

fn judge_token(tokens: &[Token<'_>], at: usize) -> Option<String> {
    let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at)).copied();
    match tokens[at] {
        Token::Sign('*') => Some("`*` is not allowed: it can make texts of any length".to_owned()),
        // But `{%+` and `+%}` only keep white space.
        Token::Sign('+') if at + 1 < tokens.len() => {
            Some("`+` is not allowed: it can make lists of any length; `~` joins texts".to_owned())
        }
        Token::Word(name) if before(1) == Some(Token::Sign('|')) => (!FILTERS.contains(&name))
            .then(|| format!("there is no filter `{name}`; there are: {}", FILTERS.join(", "))),
        Token::Word("not") if before(1) == Some(Token::Word("is")) => None,
        Token::Word(name) if is_test_place(before(1), before(2)) => {
            (!TESTS.contains(&name)).then(|| format!("there is no test `is {name}`; there are: {}", TESTS.join(", ")))
        }
        Token::Word(name) if tokens.get(at + 1) == Some(&Token::Sign('(')) && !is_operator(name) => {
            Some(format!("`{name}(…)` is not allowed: templates have values and filters, and no functions"))
        }
        Token::Sign('(') if matches!(before(1), Some(Token::Sign(')' | ']'))) => {
            Some("a value cannot be called".to_owned())
        }
        _ => None,
    }
}

// `x in (1, 2)` and `not (a or b)` are no calls.
fn is_operator(word: &str) -> bool {
    matches!(word, "in" | "not" | "and" | "or" | "if" | "else" | "is")
}

fn is_test_place(one: Option<Token<'_>>, two: Option<Token<'_>>) -> bool {
    one == Some(Token::Word("is")) || (one == Some(Token::Word("not")) && two == Some(Token::Word("is")))
}

#[cfg(test)]
mod tests {
    use super::refused;

    #[test]
    fn allows_what_texts_need() {
        for source in [
            "{{ alerts | map(attribute='alertname') | unique | join(', ') }}",
            "{%- if counts.firing > 3 and labels.team is defined -%}many{% elif not (a or b) %}x{% else %}y{% endif %}",
            "{% for a in alerts if a.state == 'firing' %}{{ loop.index }} {{ a['name'] | default('?') }}{% endfor %}",
            "{# set include #} plain { text } with ( * ) and | pipes",
            "{{ 'a (b) | c * d }}' }}",
            "{{ x if y in ('a', 'b') else z is not none }}",
        ] {
            assert_eq!(refused(source), None, "{source}");
        }
    }

    #[test]
    fn refuses_what_can_grow_or_reach_elsewhere() {
        for (source, problem) in [
            ("a\n{% set x = 1 %}", "line 2: `{% set %}` is not allowed; there are: if, elif, else, endif, for, endfor"),
            ("{%- macro m() %}", "line 1: `{% macro %}` is not allowed; there are: if, elif, else, endif, for, endfor"),
            ("{{ 'a' * 1000000000 }}", "line 1: `*` is not allowed: it can make texts of any length"),
            (
                "{{ range(9) }}",
                "line 1: `range(…)` is not allowed: templates have values and filters, and no functions",
            ),
            (
                "{{ x.upper() }}",
                "line 1: `upper(…)` is not allowed: templates have values and filters, and no functions",
            ),
            ("{% for a in b %}{{ (x)(1) }}", "line 1: a value cannot be called"),
        ] {
            assert_eq!(refused(source).as_deref(), Some(problem), "{source}");
        }
        for word in
            ["include 'x'", "import 'x' as y", "from 'x' import y", "extends 'x'", "call m()", "block b", "raw", ""]
        {
            assert!(refused(&format!("{{% {word} %}}")).is_some(), "{word}");
        }
        for filter in ["safe", "indent(9999999)", "format(1)", "tojson", "center(9)", "batch(2)", "pprint"] {
            assert!(refused(&format!("{{{{ x | {filter} }}}}")).is_some(), "{filter}");
        }
        assert!(refused("{{ x is divisibleby(3) }}").is_some());
    }
}
