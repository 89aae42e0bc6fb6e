//! The least a durable intake can do: append the raw body to SQLite (WAL, FULL) under group commit, then answer.

use actix_web::{App, HttpResponse, HttpServer, web};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc;
use tokio::sync::oneshot;

const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
const GROUP_MAX: usize = 1_024;

type Waiting = (web::Bytes, oneshot::Sender<()>);

/// Serves until killed.
pub fn serve(port: u16, folder: &Path) {
    let connection = Connection::open(folder.join("bare.db")).expect("a database");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
             CREATE TABLE inputs (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;",
        )
        .expect("a table");
    let (door, waiting) = mpsc::sync_channel::<Waiting>(4_096);
    std::thread::spawn(move || write(&connection, &waiting));
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
                .app_data(web::Data::new(door.clone()))
                .route("/", web::post().to(append))
                .route("/ready", web::get().to(HttpResponse::Ok))
        });
        server.workers(2).bind(("127.0.0.1", port)).expect("the port").run().await.expect("it serves");
    });
}

async fn append(body: web::Bytes, door: web::Data<mpsc::SyncSender<Waiting>>) -> HttpResponse {
    let (done, written) = oneshot::channel();
    if door.try_send((body, done)).is_err() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    match written.await {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

fn write(connection: &Connection, waiting: &mpsc::Receiver<Waiting>) {
    while let Ok(first) = waiting.recv() {
        let group: Vec<Waiting> = std::iter::once(first).chain(waiting.try_iter().take(GROUP_MAX)).collect();
        connection.execute_batch("BEGIN IMMEDIATE").expect("begin");
        {
            let mut insert = connection.prepare_cached("INSERT INTO inputs (body) VALUES (?1)").expect("a statement");
            for (body, _) in &group {
                insert.execute([&body[..]]).expect("an insert");
            }
        }
        connection.execute_batch("COMMIT").expect("commit");
        for (_, done) in group {
            let _ = done.send(());
        }
    }
}
