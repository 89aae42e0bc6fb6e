//! The template engine with its bounds: what a template may cost, and how its data are escaped.

use super::TemplateFailure;
use super::scan::refused;
use crate::notice::escape::escape;
use crate::policy::ReceiverKind;
use crate::text::clean_line;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use std::io;

/// Largest template, in bytes.
pub const SOURCE_BYTES_MAX: usize = 64 * 1024;
/// Largest text a template may write, in bytes.
pub const OUTPUT_BYTES_MAX: usize = 64 * 1024;
/// What one rendering may cost. The engine counts steps, and 64 bytes of every text it makes as one.
pub const FUEL: u64 = 50_000;

const REMOVED: [&str; 20] = [
    "abs", "attr", "batch", "bool", "chain", "e", "escape", "float", "format", "groupby", "indent", "lines", "pprint",
    "round", "safe", "slice", "split", "string", "sum", "zip",
];
const RECURSION_MAX: usize = 64;
const PROBLEM_BYTES_MAX: usize = 300;

/// Templates of one way of escaping.
#[derive(Debug, Clone)]
pub struct Engine {
    environment: Environment<'static>,
}

impl Engine {
    /// No templates; data will be escaped for this kind of receiver.
    pub fn new(kind: ReceiverKind) -> Self {
        // With its own filters, which pay fuel for what they make; the same functions added by hand would not. But some
        // make lists that nobody pays for until they are walked, and `map('…')` would hide them from the scan.
        let mut environment = Environment::new();
        REMOVED.iter().for_each(|name| environment.remove_filter(name));
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(RECURSION_MAX);
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        // Lines that hold only a statement leave nothing behind.
        if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
            environment.set_syntax(syntax);
        }
        // Escapes every value, whatever a filter made of it: there is no way to mark one as safe.
        environment.set_formatter(move |out, _, value| {
            if !value.is_undefined() && !value.is_none() {
                out.write_str(&escape(kind, &value.to_string()))?;
            }
            Ok(())
        });
        Self { environment }
    }

    /// Takes a template in, or says what is wrong with it.
    pub fn add(&mut self, name: &str, source: &str) -> Result<(), String> {
        if source.len() > SOURCE_BYTES_MAX {
            return Err(format!("has {} bytes; at most {SOURCE_BYTES_MAX} are allowed", source.len()));
        }
        if let Some(problem) = refused(source) {
            return Err(problem);
        }
        self.environment.add_template_owned(name.to_owned(), source.to_owned()).map_err(|error| problem(&error))
    }

    /// Whether there is a template of this name.
    pub fn has(&self, name: &str) -> bool {
        self.environment.get_template(name).is_ok()
    }

    /// Renders a template over these data.
    pub fn render(&self, name: &str, data: Value) -> Result<String, TemplateFailure> {
        let failure = |error: &Error| TemplateFailure { template: name.to_owned(), because: problem(error) };
        let template = self.environment.get_template(name).map_err(|error| failure(&error))?;
        let mut bounded = Bounded::default();
        template.render_captured_to(data, &mut bounded).map_err(|error| failure(&error))?;
        // Pieces are written as whole strings, so the bytes are text.
        Ok(String::from_utf8_lossy(&bounded.bytes).trim().to_owned())
    }
}

// Ends a template that writes too much, before it is in memory.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > OUTPUT_BYTES_MAX {
            return Err(io::Error::other(format!("it writes more than {OUTPUT_BYTES_MAX} bytes")));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// One line, for people: the kind of error, where, and what the writer said.
fn problem(error: &Error) -> String {
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "it takes too long or makes too much text".to_owned(),
        _ => match std::error::Error::source(error) {
            Some(source) => source.to_string(),
            None => error.detail().map_or_else(|| error.kind().to_string(), str::to_owned),
        },
    };
    let place = error.line().map(|line| format!("line {line}: ")).unwrap_or_default();
    clean_line(&format!("{place}{what}"), PROBLEM_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::{Engine, OUTPUT_BYTES_MAX};
    use crate::notice::template::fixture;
    use crate::notice::template::{data, fixture::time};
    use crate::policy::ReceiverKind;
    use minijinja::Value;
    use std::time::{Duration, Instant};

    fn fixture_data() -> Value {
        let alerts = fixture::alerts();
        let shown: Vec<_> = alerts.iter().collect();
        data::map([("alerts", data::alerts(&shown, time())), ("long", "x".repeat(60_000).into())])
    }

    // Past the scan, as if it had a hole: the engine itself must end it.
    fn run(source: &str) -> Result<String, String> {
        let mut engine = Engine::new(ReceiverKind::Email);
        let added = engine.environment.add_template_owned("bomb".to_owned(), source.to_owned());
        added.map_err(|error| error.to_string())?;
        engine.render("bomb", fixture_data()).map_err(|failure| failure.because)
    }

    #[test]
    fn every_bomb_ends_soon_in_little_memory() {
        let doubling = format!("{{% set a = 'aaaaaaaa' %}}{}{{{{ a | length }}}}", "{% set a = a ~ a %}".repeat(40));
        let replacing = format!("{{{{ 'aa' {} }}}}", "| replace('a', 'aaaaaaaaaaaaaaaa') ".repeat(12));
        let nested = "{% for a in alerts %}".repeat(40) + "x" + &"{% endfor %}".repeat(40);
        let joined =
            "{{ [long, long, long, long, long, long, long, long] | join(long) | replace('x', long) | length }}"
                .to_owned();
        for bomb in [
            "{{ 'a' * 1000000000 }}".to_owned(),
            "{{ [1] * 1000000000 }}".to_owned(),
            "{% for i in 'x' * 100000000 %}{{ i }}{% endfor %}".to_owned(),
            "{% for i in range(1000000000) %}{{ i }}{% endfor %}".to_owned(),
            "{{ range(1000000000) | list | length }}".to_owned(),
            "{{ 'a' | indent(1000000000) }}".to_owned(),
            "{{ 'a' | center(1000000000) }}".to_owned(),
            "{{ '%1000000000d' | format(1) }}".to_owned(),
            "{{ alerts | map('indent', 1000000000) | list }}".to_owned(),
            "{{ long }}{{ long }}".to_owned(),
            "{% for a in alerts recursive %}{{ loop(alerts) }}{% endfor %}".to_owned(),
            doubling,
            replacing,
            nested,
            joined,
        ] {
            let began = Instant::now();
            let ended = run(&bomb);
            assert!(ended.is_err(), "{}: {ended:?}", &bomb[..bomb.len().min(80)]);
            assert!(began.elapsed() < Duration::from_secs(2), "{}", &bomb[..bomb.len().min(80)]);
        }
    }

    // The engine joins lists for free and pays when it walks them: forty doublings are a walk without end. So nothing that
    // joins lists gets past the scan or exists.
    #[test]
    fn lists_cannot_grow() {
        let mut engine = Engine::new(ReceiverKind::Email);
        let doubled = format!("{{% for a in [[1]] %}}{}{{{{ a | length }}}}", "{% for a in [a + a] %}".repeat(40));
        assert!(engine.add("t", &doubled).unwrap_err().contains("`+` is not allowed"));
        for source in ["{{ [[[1]]] | map('chain', [1]) | list }}", "{{ [[[1]]] | map('sum') | list }}"] {
            engine.add("t", source).unwrap();
            let failure = engine.render("t", Value::UNDEFINED).unwrap_err();
            assert!(failure.because.contains("unknown filter") || failure.because.contains("is unknown"), "{failure}");
        }
    }

    #[test]
    fn writes_up_to_the_limit_and_not_more() {
        let error = run("{{ long }}{{ long }}").unwrap_err();
        assert!(error.contains(&format!("it writes more than {OUTPUT_BYTES_MAX} bytes")), "{error}");
        assert_eq!(run("{{ long }}").map(|text| text.len()), Ok(60_000));
    }

    #[test]
    fn what_is_not_there_is_empty() {
        assert_eq!(run("a{{ nothing.at.all }}b{{ alerts[7].labels.x }}c{{ none }}"), Ok("abc".to_owned()));
        assert_eq!(run("{{ nothing | map(attribute='x') | join(', ') }}|"), Ok("|".to_owned()));
        assert_eq!(
            run("{{ alerts | map(attribute='alertname') | unique | join(', ') }}"),
            Ok("HighLoad, QueueFull".to_owned())
        );
        assert_eq!(run("{{ nothing | upper }}!"), Ok("!".to_owned()));
    }

    #[test]
    fn nothing_marks_data_as_safe() {
        let mut engine = Engine::new(ReceiverKind::Slack);
        let source = "<!here> {{ a }} {{ a | upper }} {{ [a, a] | join('<') }} {{ a ~ '<' }}";
        engine.add("t", source).unwrap();
        assert_eq!(
            engine.render("t", data::map([("a", "<@u>".into())])).unwrap(),
            "<!here> &lt;@u&gt; &lt;@U&gt; &lt;@u&gt;&lt;&lt;@u&gt; &lt;@u&gt;&lt;"
        );
        for filter in super::REMOVED {
            assert!(engine.add("t2", &format!("{{{{ a | {filter} }}}}")).is_err());
        }
    }

    #[test]
    fn says_where_a_template_is_wrong() {
        let mut engine = Engine::new(ReceiverKind::Email);
        let problem = |engine: &mut Engine, source: &str| engine.add("t", source).unwrap_err();
        assert_eq!(problem(&mut engine, "a\n{{ x"), "line 2: unexpected end of input, expected end of variable block");
        assert!(problem(&mut engine, "{{ x | nope }}").starts_with("line 1: there is no filter `nope`; there are: "));
        assert!(problem(&mut engine, &"x".repeat(70_000)).starts_with("has 70000 bytes"));
    }
}
