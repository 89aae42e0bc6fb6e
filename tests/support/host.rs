//! Hosts a fake: on a free port, on a thread of its own, gone when it is dropped.

use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use std::sync::mpsc;
use std::thread::JoinHandle;

/// A fake that is served.
pub struct Host {
    /// Where, on this machine.
    pub port: u16,
    stop: Box<dyn Fn() + Send + Sync>,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    /// Serves what this sets up.
    pub fn of(fake: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Self {
        let (tx, rx) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let app = move || App::new().configure(&fake);
                let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0);
                let server = server.bind(("127.0.0.1", 0)).unwrap();
                let port = server.addrs()[0].port();
                let running = server.run();
                tx.send((port, running.handle())).unwrap();
                running.await.unwrap();
            });
        });
        let (port, handle) = rx.recv().unwrap();
        // The order to stop is given by the call, not by awaiting it.
        let stop = Box::new(move || drop(handle.stop(false)));
        Self { port, stop, thread: Some(thread) }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        (self.stop)();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
