//! Every question has its index: the plans of all SQL in the store, so that cost stays flat as history grows.

use rusqlite::Connection;
use std::path::Path;

// Read whole on purpose: tables of one row or of a few, what the engine loads at start, and an inner query.
const READ_WHOLE: [&str; 16] = [
    "position",
    "policy",
    "holds",
    "beats",
    "tokens",
    "people",
    "squads",
    "directory",
    "logins",
    "seen",
    "checkpoints",
    "schema_version",
    "sqlite_sequence",
    "waiting",
    "(subquery",
    // By its row, not whole; a virtual table says so in its own way.
    "words VIRTUAL TABLE INDEX 0:=",
];
// What no server asks: the copies of a backup are counted, and a whole record is replayed.
const LOOKED_AT: [&str; 2] = ["backup.rs", "read_only.rs"];
const LOADED: &str = "SELECT * FROM alerts ORDER BY id";

fn database() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations/sqlite");
    let mut files: Vec<_> = std::fs::read_dir(migrations).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        // Both databases in one: `probe` is in each.
        let sql = std::fs::read_to_string(&file).unwrap();
        let sql = sql.replace("CREATE TABLE probe", "CREATE TABLE IF NOT EXISTS probe");
        conn.execute_batch(&sql.replace("INSERT INTO probe", "INSERT OR IGNORE INTO probe")).unwrap();
    }
    conn.execute_batch("CREATE TABLE schema_version (id INTEGER PRIMARY KEY, version INTEGER)").unwrap();
    conn
}

// Text between quotes that begins like a statement; none of ours holds an escaped quote.
fn statements(source: &str) -> Vec<String> {
    let verbs = ["SELECT ", "UPDATE ", "DELETE ", "INSERT "];
    let texts = source.split('"').skip(1).step_by(2);
    texts.filter(|text| verbs.iter().any(|verb| text.starts_with(verb))).map(str::to_owned).collect()
}

// Lines of the plan that read a whole table. Not those that read along an order until the page is full, nor those
// over an index that only holds the rows in question.
fn scans(conn: &Connection, sql: &str) -> Vec<String> {
    let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap_or_else(|e| panic!("{e}: {sql}"));
    let lines: Vec<String> = explain.raw_query().mapped(|row| row.get(3)).map(Result::unwrap).collect();
    let is_page = sql.contains("LIMIT") && !lines.iter().any(|line| line.contains("TEMP B-TREE"));
    let is_whole = |line: &String| {
        let Some(what) = line.strip_prefix("SCAN ") else { return false };
        let is_known = what == "CONSTANT ROW" || READ_WHOLE.iter().any(|known| what.starts_with(known));
        !is_known && !is_page && !sql.contains("INDEXED BY") && sql != LOADED && !what.contains("COVERING")
    };
    lines.into_iter().filter(is_whole).collect()
}

#[test]
fn no_statement_reads_a_whole_table() {
    let conn = database();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite");
    let (mut seen, mut whole) = (0, Vec::new());
    for file in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if LOOKED_AT.iter().any(|name| file.file_name() == *name) {
            continue;
        }
        let source = std::fs::read_to_string(file.path()).unwrap();
        for sql in statements(&source) {
            let names = ["{ALERT_COLUMNS}", "{DELIVERY_COLUMNS}", "{LOGIN_COLUMNS}", "{SESSION_COLUMNS}"];
            let columns = names.iter().fold(sql.clone(), |sql, name| sql.replace(name, "*"));
            if columns.contains('{') || columns.contains("sqlite_schema") {
                continue;
            }
            seen += 1;
            whole.extend(scans(&conn, &columns).into_iter().map(|line| format!("{line}: {sql}")));
        }
    }
    assert!(seen > 60, "only {seen} statements found");
    assert_eq!(whole, [] as [String; 0]);
}
