//! What is asked of a connection, and how it is proved that the server took it: a PING behind the lines. The server answers
//! in order, so whatever it refuses of them stands before its PONG.

use super::fault::{Fault, FaultKind};
use super::line::{Line, fold};
use crate::channels::Finding;
use crate::config::IrcMessage;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::oneshot;

/// What is asked.
#[derive(Debug)]
pub enum Request {
    /// Lines to a channel.
    Tell {
        /// Which.
        channel: String,
        /// Each not too long; what is, is split.
        lines: Vec<String>,
        /// As what.
        how: IrcMessage,
        /// What came of it.
        done: Done,
    },
    /// How an incident stands, for the topic of a channel; empty once it is over.
    Topic {
        /// Of which channel.
        channel: String,
        /// Of which incident: `INC-42`.
        incident: String,
        /// The words in brackets.
        mark: String,
        /// What came of it.
        done: Done,
    },
    /// Whether notices would get there.
    Look {
        /// To these channels.
        channels: Vec<String>,
        /// Whether their topics are ours to change.
        topic: bool,
        /// What was found.
        done: oneshot::Sender<Vec<Finding>>,
    },
}

/// Lines to somebody who asked, or to the channel where they did. Nobody waits for their arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// A nick or a channel.
    pub to: String,
    /// The words.
    pub lines: Vec<String>,
}

/// Who waits for the end of a request, if they still do.
#[derive(Debug)]
pub struct Done {
    answer: oneshot::Sender<Result<(), Fault>>,
    begun: Arc<AtomicBool>,
}

/// The other side of [`Done`].
#[derive(Debug)]
pub struct Waiting {
    /// What came of it.
    pub answer: oneshot::Receiver<Result<(), Fault>>,
    begun: Arc<AtomicBool>,
}

impl Waiting {
    /// Both sides.
    pub fn new() -> (Done, Self) {
        let (sender, receiver) = oneshot::channel();
        let begun = Arc::new(AtomicBool::new(false));
        (Done { answer: sender, begun: begun.clone() }, Self { answer: receiver, begun })
    }

    /// Whether a line has left.
    pub fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }
}

impl Done {
    /// Tells whoever waits; words that may have been read make a failure unsure.
    pub fn tell(self, result: Result<(), Fault>) {
        let begun = self.begun.load(Ordering::Acquire);
        let _ = self.answer.send(result.map_err(|fault| if begun { fault.unsure() } else { fault }));
    }

    /// A refusal by the server: nothing of it was read.
    pub fn refuse(self, fault: Fault) {
        let _ = self.answer.send(Err(fault));
    }

    fn is_over(&self) -> bool {
        self.answer.is_closed()
    }

    fn begin(&self) {
        self.begun.store(true, Ordering::Release);
    }
}

impl Request {
    /// Whether nobody waits for it any more.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Tell { done, .. } | Self::Topic { done, .. } => done.is_over(),
            Self::Look { done, .. } => done.is_closed(),
        }
    }

    /// It can't be done.
    pub fn fail(self, fault: &Fault) {
        match self {
            Self::Tell { done, .. } | Self::Topic { done, .. } => done.tell(Err(fault.clone())),
            Self::Look { done, .. } => drop(done.send(vec![Finding::Wrong(fault.because.clone())])),
        }
    }

    // Only what people read can be doubtful.
    fn begin(&self) {
        if let Self::Tell { done, .. } = self {
            done.begin();
        }
    }

    fn channel(&self) -> &str {
        match self {
            Self::Tell { channel, .. } | Self::Topic { channel, .. } => channel,
            Self::Look { .. } => "",
        }
    }
}

/// A request that is being done.
#[derive(Debug)]
pub struct Job {
    /// What.
    pub request: Request,
    /// What the server refused of it.
    pub faults: Vec<Fault>,
    lines: VecDeque<String>,
    // Said at the end; answered when all before it was taken.
    token: String,
    said: usize,
    echoed: usize,
}

impl Job {
    /// These lines, and a PING with this token.
    pub fn new(request: Request, lines: Vec<String>, token: String) -> Self {
        let said = lines.len();
        let ping = super::line::write("PING", &[&token]);
        let lines = lines.into_iter().chain([ping]).collect();
        Self { request, faults: Vec::new(), lines, token, said, echoed: 0 }
    }

    /// The next line; none while the end is waited for. What nobody waits for any more says nothing more than its end.
    pub fn next_line(&mut self) -> Option<String> {
        if self.request.is_over() && self.lines.len() > 1 {
            self.lines.drain(..self.lines.len() - 1);
        }
        let line = self.lines.pop_front()?;
        if !self.lines.is_empty() {
            self.request.begin();
        }
        Some(line)
    }

    /// Whether there is something to say.
    pub fn has_lines(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Whether this answer ends it.
    pub fn is_ended_by(&self, line: &Line) -> bool {
        line.command == "PONG" && line.last() == self.token && self.lines.is_empty()
    }

    /// A word of the server about it, perhaps; says whether it was.
    pub fn hear(&mut self, line: &Line) -> bool {
        let channel = fold(self.request.channel());
        if channel.is_empty() || !line.parameters().iter().any(|word| fold(word) == channel) {
            return false;
        }
        let Some(fault) = Fault::of_refusal(line) else { return false };
        self.faults.push(fault);
        true
    }

    /// Our own words came back: people have them.
    pub fn hear_echo(&mut self, to: &str) {
        if fold(to) == fold(self.request.channel()) {
            self.echoed += 1;
        }
    }

    /// How it ended; `echoes`: the server repeats to us what it passes on.
    pub fn verdict(&mut self, echoes: bool) -> Result<(), Fault> {
        let all = self.faults.len() >= self.said;
        if let Some(fault) = self.faults.pop() {
            // Some of the lines may stand there.
            return Err(if all || !self.is_read() { fault } else { fault.unsure() });
        }
        if echoes && self.said > 0 && self.echoed == 0 && self.is_read() {
            let because = format!("{} took the words and passed none on: a filter?", self.request.channel());
            return Err(Fault::new(FaultKind::Setup, because));
        }
        Ok(())
    }

    fn is_read(&self) -> bool {
        matches!(self.request, Request::Tell { .. })
    }
}
