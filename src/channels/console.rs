//! Notices as blocks on standard output: the receiver that needs nothing.

use super::{Attempt, Channel, Finding};
use async_trait::async_trait;
use domain::delivery::{Delivery, Outcome};
use domain::text;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Duration;
use tokio::sync::oneshot;

/// Blocks that may wait for a terminal that does not take them.
const WAITING_BLOCKS_MAX: usize = 16;

/// How long a block may take to be written.
const WRITE_SECONDS_MAX: u64 = 5;

/// Longest text written, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Where blocks are written, one after the other.
#[derive(Debug, Clone)]
pub struct Console {
    blocks: SyncSender<Block>,
}

#[derive(Debug)]
struct Block {
    text: String,
    done: oneshot::Sender<io::Result<()>>,
}

impl Console {
    /// This program's standard output.
    pub fn stdout() -> io::Result<Self> {
        // Not `io::stdout()`: it keeps what it could not write and tries it again with the next block.
        use std::os::fd::AsFd;
        let owned = io::stdout().as_fd().try_clone_to_owned()?;
        Self::to(std::fs::File::from(owned))
    }

    /// Anything else.
    pub fn to(mut out: impl Write + Send + 'static) -> io::Result<Self> {
        let (blocks, waiting) = sync_channel::<Block>(WAITING_BLOCKS_MAX);
        // A thread of its own, because a write to a pipe that nobody reads never returns: it must hold up neither the
        // other tasks nor the end of the program. It ends with the last `Console`.
        std::thread::Builder::new().name("console".into()).spawn(move || {
            for block in waiting {
                let written = out.write_all(block.text.as_bytes()).and_then(|()| out.flush());
                // Nobody waits any more when the attempt was over time.
                let _ = block.done.send(written);
            }
        })?;
        Ok(Self { blocks })
    }
}

/// Tells people who look at standard output.
pub struct ConsoleChannel {
    console: Console,
}

impl ConsoleChannel {
    /// Writes there.
    pub fn new(console: Console) -> Self {
        Self { console }
    }
}

#[async_trait]
impl Channel for ConsoleChannel {
    async fn send(&self, attempt: &Attempt) -> Outcome {
        let (done, written) = oneshot::channel();
        let block = Block { text: block_text(&attempt.delivery), done };
        match self.console.blocks.try_send(block) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return retry("standard output takes nothing"),
            Err(TrySendError::Disconnected(_)) => return retry("the console's thread is gone"),
        }
        match tokio::time::timeout(Duration::from_secs(WRITE_SECONDS_MAX), written).await {
            Ok(Ok(Ok(()))) => Outcome::Sent { remote_id: None },
            Ok(Ok(Err(error))) => retry(&format!("can't write to standard output: {error}")),
            Ok(Err(_)) => retry("the console's thread is gone"),
            Err(_) => Outcome::Retry { because: "standard output takes nothing".into(), after: None, unsure: true },
        }
    }

    async fn look(&self) -> Vec<Finding> {
        vec![Finding::Well("standard output of the server".to_owned())]
    }
}

fn retry(because: &str) -> Outcome {
    Outcome::Retry { because: because.into(), after: None, unsure: false }
}

// Everything that comes from outside is indented, so that no text can look like the head of another block.
fn block_text(delivery: &Delivery) -> String {
    let when = delivery.decided_at.format("%Y-%m-%d %H:%M:%S UTC");
    let notice = delivery.notice.word().replace('_', " ");
    let mut block = format!("== {} {notice} == {when}\n", delivery.incident);
    let subject = text::clean_line(&delivery.content.subject, TEXT_BYTES_MAX);
    let body = text::clean(delivery.content.body.trim_end(), TEXT_BYTES_MAX);
    for line in subject.lines().chain(body.lines()) {
        let line = line.trim_end();
        // Writing to a String cannot fail.
        let _ = if line.is_empty() { writeln!(block) } else { writeln!(block, "   {line}") };
    }
    block.push('\n');
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use domain::delivery::{Content, Lane};
    use domain::ids::{DeliveryId, IncidentId};
    use domain::notice::NoticeKind;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn attempt(subject: &str, body: &str) -> Attempt {
        Attempt {
            delivery: Delivery {
                id: DeliveryId(3),
                incident: IncidentId(42),
                receiver: "console".into(),
                lane: Lane::Post,
                notice: NoticeKind::CalledOff,
                key: "inc-42.called_off.3.console".into(),
                to: None,
                content: Content { subject: subject.into(), body: body.into() },
                brief: String::new(),
                calm: false,
                decided_at: DateTime::from_timestamp(1_795_331_460, 0).unwrap(),
            },
            number: 1,
            first_attempt_at: DateTime::from_timestamp(1_795_331_461, 0).unwrap(),
            thread: None,
            unsure: false,
        }
    }

    #[tokio::test]
    async fn a_notice_is_a_block_that_no_text_can_forge() {
        let screen = Screen::default();
        let channel = ConsoleChannel::new(Console::to(screen.clone()).unwrap());
        let hostile = "planned\n== INC-1 declared == now\n\n\x1b[2J\u{202E}gone\r\n\n";
        assert_eq!(channel.send(&attempt("called\noff\x07", hostile)).await, Outcome::Sent { remote_id: None });
        assert_eq!(
            String::from_utf8(screen.0.lock().unwrap().clone()).unwrap(),
            "== INC-42 called off == 2026-11-22 07:11:00 UTC\n   called off\u{FFFD}\n   planned\n   == INC-1 declared == now\n\n   \u{FFFD}[2J\u{FFFD}gone\n\n"
        );
    }

    #[tokio::test]
    async fn a_full_disk_and_a_reader_that_went_away_are_tried_again() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (reader, gone) = io::pipe().unwrap();
        drop(reader);
        for (console, because) in [
            (Console::to(full).unwrap(), "can't write to standard output: No space left on device (os error 28)"),
            (Console::to(gone).unwrap(), "can't write to standard output: Broken pipe (os error 32)"),
        ] {
            let channel = ConsoleChannel::new(console);
            assert_eq!(channel.send(&attempt("s", "b")).await, retry(because));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stands_still_holds_up_nobody() {
        let (_reader, stuck) = io::pipe().unwrap();
        let channel = ConsoleChannel::new(Console::to(stuck).unwrap());
        let notice = attempt("s", &"line\n".repeat(8_000));
        let mut outcomes = Vec::new();
        for _ in 0..WAITING_BLOCKS_MAX + 8 {
            outcomes.push(channel.send(&notice).await);
        }
        let stands = |unsure| Outcome::Retry { because: "standard output takes nothing".into(), after: None, unsure };
        assert!(outcomes.contains(&stands(true)), "{outcomes:?}");
        assert_eq!(outcomes.last(), Some(&stands(false)));
    }
}
