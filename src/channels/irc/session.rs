//! A connection after the welcome. Pure: lines, requests and the time in; lines, answers and what was heard out.

use super::bucket::{Bucket, Pace};
use super::fault::Fault;
use super::handshake::Welcome;
use super::heard::{self, Heard, Lookups, Said};
use super::job::{Answer, Job, Request};
use super::line::{Line, WIRE_BYTES_MAX, fold, split, write};
use super::look;
use super::nick::{Identified, Nick};
use super::room::{Rooms, Standing};
use super::seats::Seats;
use super::topic::{self, Remembered, TOPIC_BYTES_MAX};
use crate::config::{IrcMessage, IrcNetwork};
use domain::notice::irc::LINE_BYTES_MAX;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// Requests and answers that may wait inside of a session; what comes after them waits outside.
pub const WAITING_MAX: usize = 32;

/// After so long without a word, the server is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(60);

/// And after so long without an answer, it is not.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

// Longest host a server writes before our words, and what is cut off of long user names.
const HOST_BYTES_MAX: usize = 64;
const USER_BYTES_MAX: usize = 11;

/// What the session wants to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Say this.
    Say(String),
    /// Nothing before this time.
    Wait(Instant),
}

/// A connection that is let in.
pub struct Session {
    welcome: Welcome,
    // `nick!user@host` as others see it, once it is known.
    source: String,
    nick: Nick,
    rooms: Rooms,
    seats: Seats,
    // Leaves before everything else: PONG, JOIN.
    urgent: VecDeque<String>,
    answers: VecDeque<String>,
    waiting: VecDeque<Request>,
    job: Option<Job>,
    job_since: Instant,
    // What leaves next: fairly, one by one.
    answered_last: bool,
    tokens: u64,
    bucket: Bucket,
    heard_at: Instant,
    pinged: bool,
    lookups: Lookups,
    /// What was heard since it was last looked at.
    pub heard: Vec<Heard>,
    /// Whether what is remembered of topics has changed.
    pub remembers: bool,
}

impl Session {
    /// A session on this network, in the channels of these seats.
    pub fn new(
        network: &IrcNetwork,
        welcome: Welcome,
        seats: Seats,
        remembered: &BTreeMap<String, Remembered>,
        now: Instant,
    ) -> Self {
        let pace = network.flood.map_or_else(|| Pace::of(&welcome.version), Pace::from);
        let mut session = Self {
            nick: Nick::new(network, &welcome, now),
            welcome,
            source: String::new(),
            rooms: Rooms::default(),
            seats: Seats::default(),
            urgent: VecDeque::new(),
            answers: VecDeque::new(),
            waiting: VecDeque::new(),
            job: None,
            job_since: now,
            answered_last: false,
            tokens: 0,
            bucket: Bucket::new(pace, now),
            heard_at: now,
            pinged: false,
            lookups: Lookups::default(),
            heard: Vec::new(),
            remembers: false,
        };
        if let Some(mode) = session.welcome.supported("BOT").filter(|mode| mode.len() == 1) {
            let mode = format!("+{mode}");
            session.urgent.push_back(write("MODE", &[&session.welcome.nick, &mode]));
        }
        session.urgent.extend(session.nick.begin());
        session.seat(seats, remembered, now);
        session
    }

    /// Is in the channels of these seats from now on.
    pub fn seat(&mut self, seats: Seats, remembered: &BTreeMap<String, Remembered>, now: Instant) {
        let change = self.rooms.want(&seats.channels(), remembered, now);
        self.seats = seats;
        // Who is not identified yet may not be let in: they are joined once that is settled.
        if self.nick.is_settled() {
            self.urgent.extend(change.join.iter().map(|name| write("JOIN", &[name])));
        }
        self.urgent.extend(change.leave.iter().map(|name| write("PART", &[name])));
    }

    /// What is remembered of topics.
    pub fn remembered(&self) -> BTreeMap<String, Remembered> {
        let rooms = self.rooms.all().filter(|room| !room.remembered.is_empty());
        rooms.map(|room| (fold(&room.name), room.remembered.clone())).collect()
    }

    /// Whether more can be asked.
    pub fn has_room(&self) -> bool {
        self.waiting.len() < WAITING_MAX
    }

    /// Whether more can be answered.
    pub fn has_room_for_answers(&self) -> bool {
        self.answers.len() < WAITING_MAX
    }

    /// Does it when its turn comes.
    pub fn ask(&mut self, request: Request) {
        self.waiting.push_back(request);
    }

    /// Says it when its turn comes.
    pub fn answer(&mut self, answer: &Answer) {
        let bytes_max = self.budget(&answer.to, "NOTICE");
        let lines = answer.lines.iter().flat_map(|line| split(line, bytes_max));
        self.answers.extend(lines.map(|line| write("NOTICE", &[&answer.to, &line])));
    }

    /// Everything ends: what was asked is not done.
    pub fn end(self, fault: &Fault) {
        let jobs = self.job.into_iter().map(|job| job.request);
        jobs.chain(self.waiting).for_each(|request| request.fail(fault));
    }

    /// What to do now.
    pub fn next(&mut self, now: Instant) -> Result<Next, Fault> {
        self.keep_alive(now)?;
        self.urgent.extend(self.rooms.due(now).iter().map(|name| write("JOIN", &[name])));
        self.urgent.extend(self.nick.due(&self.welcome, now));
        self.join_if_settled(now);
        if let Some(line) = self.urgent.pop_front() {
            self.bucket.spend(now);
            return Ok(Next::Say(line));
        }
        self.begin_job(now);
        let has_line = self.job.as_ref().is_some_and(Job::has_lines);
        if !has_line && self.answers.is_empty() {
            return Ok(Next::Wait(self.due_at()));
        }
        let ready = self.bucket.ready_at();
        if ready > now {
            return Ok(Next::Wait(ready.min(self.due_at())));
        }
        self.answered_last = !self.answers.is_empty() && (!has_line || !self.answered_last);
        let line =
            if self.answered_last { self.answers.pop_front() } else { self.job.as_mut().and_then(Job::next_line) };
        let Some(line) = line else { return Ok(Next::Wait(self.due_at())) };
        self.bucket.spend(now);
        self.job_since = now;
        Ok(Next::Say(line))
    }

    // A server that says nothing is asked; one that does not answer is gone.
    fn keep_alive(&mut self, now: Instant) -> Result<(), Fault> {
        let waits = self.job.as_ref().is_some_and(|job| !job.has_lines());
        if waits && now >= self.job_since + ANSWER_WAIT {
            return Err(Fault::gone("no answer of the server in time"));
        }
        if self.pinged && now >= self.heard_at + SILENCE + ANSWER_WAIT {
            return Err(Fault::gone("the server says nothing any more"));
        }
        if !self.pinged && now >= self.heard_at + SILENCE {
            self.pinged = true;
            self.urgent.push_back(write("PING", &["alive"]));
        }
        Ok(())
    }

    fn due_at(&self) -> Instant {
        let silence = self.heard_at + if self.pinged { SILENCE + ANSWER_WAIT } else { SILENCE };
        let waits = self.job.as_ref().is_some_and(|job| !job.has_lines());
        let answer = waits.then(|| self.job_since + ANSWER_WAIT);
        [self.rooms.due_at(), self.nick.due_at(), answer].into_iter().flatten().fold(silence, Instant::min)
    }

    fn join_if_settled(&mut self, now: Instant) {
        if self.nick.settles(now) {
            self.urgent.extend(self.rooms.all().map(|room| write("JOIN", &[&room.name])));
        }
    }

    fn begin_job(&mut self, now: Instant) {
        while self.job.is_none() {
            let Some(request) = self.waiting.front() else { return };
            if !request.is_over() && !self.is_decided(request) {
                return;
            }
            let Some(request) = self.waiting.pop_front() else { return };
            if !request.is_over() {
                self.job = self.job_of(request);
                self.job_since = now;
            }
        }
    }

    // Whether we are in its channel, or know that we are not.
    fn is_decided(&self, request: &Request) -> bool {
        let decided = |channel: &String| {
            let room = self.rooms.get(channel);
            room.is_none_or(|room| !matches!(room.standing, Standing::Joining(_)))
        };
        self.nick.is_settled()
            && match request {
                Request::Tell { channel, .. } | Request::Topic { channel, .. } => decided(channel),
                Request::Look { channels, .. } => channels.iter().all(decided),
            }
    }

    fn job_of(&mut self, request: Request) -> Option<Job> {
        let out = match &request {
            Request::Tell { channel, .. } | Request::Topic { channel, .. } => self.rooms.out(channel),
            Request::Look { .. } => None,
        };
        if let Some(fault) = out {
            request.fail(&fault);
            return None;
        }
        let lines = match &request {
            Request::Tell { channel, lines, how, .. } => {
                let command = command_of(*how);
                let bytes_max = self.budget(channel, command);
                let lines = lines.iter().flat_map(|line| split(line, bytes_max));
                lines.map(|line| write(command, &[channel, &line])).collect()
            }
            Request::Topic { channel, incident, mark, .. } => match self.topic_line(channel, incident, mark) {
                Some(line) => vec![line],
                None => {
                    if let Request::Topic { done, .. } = request {
                        done.tell(Ok(()));
                    }
                    return None;
                }
            },
            Request::Look { channels, .. } => {
                let ask = |name: &String| [write("MODE", &[name]), write("NAMES", &[name])];
                let joined = channels.iter().filter(|name| self.rooms.out(name).is_none());
                joined.flat_map(ask).collect()
            }
        };
        self.tokens += 1;
        Some(Job::new(request, lines, format!("eb{}", self.tokens)))
    }

    fn topic_line(&mut self, channel: &str, incident: &str, mark: &str) -> Option<String> {
        let supported = self.welcome.supported("TOPICLEN").and_then(|text| text.parse().ok());
        let room = self.rooms.get_mut(channel)?;
        let max: usize = supported.unwrap_or(TOPIC_BYTES_MAX);
        let now = room.topic.as_deref().unwrap_or_default();
        // What must fit beside the words into one line.
        let max = max.min(WIRE_BYTES_MAX - "TOPIC  :\r\n".len() - channel.len());
        let before = room.remembered.clone();
        let wanted = topic::wanted(now, incident, mark, max, &mut room.remembered);
        self.remembers |= before != room.remembered;
        wanted.map(|topic| write("TOPIC", &[channel, &topic]))
    }

    // What of a line is ours, once the server has put our name before it.
    fn budget(&self, to: &str, command: &str) -> usize {
        let own = match self.source.len() {
            0 => self.welcome.nick.len() + 1 + USER_BYTES_MAX + 1 + HOST_BYTES_MAX,
            known => known,
        };
        let around = ":  ".len() + own + command.len() + " :\r\n".len() + to.len();
        WIRE_BYTES_MAX.saturating_sub(around).clamp(1, LINE_BYTES_MAX)
    }

    /// Takes a line of the server.
    pub fn take(&mut self, line: &Line, now: Instant) -> Result<(), Fault> {
        self.heard_at = now;
        self.pinged = false;
        let own = fold(line.nick()) == fold(&self.welcome.nick) && line.source.contains('!');
        if own {
            line.source.clone_into(&mut self.source);
        }
        match line.command.as_str() {
            "PING" => self.urgent.push_back(write("PONG", &[line.last()])),
            "ERROR" => return Err(Fault::of_error(line)),
            "900" => self.welcome.account = Some(line.parameter(2).to_owned()),
            "901" => self.welcome.account = None,
            "NICK" if own => line.parameter(0).clone_into(&mut self.welcome.nick),
            "PRIVMSG" | "NOTICE" if own => self.hear_echo(line),
            "PRIVMSG" => self.hear(line),
            _ => {}
        }
        if self.job.as_ref().is_some_and(|job| job.is_ended_by(line)) {
            self.end_job();
        }
        let heard = self.job.as_mut().is_some_and(|job| job.hear(line));
        if !heard {
            self.rooms.take(line, &self.welcome.nick, now);
        }
        self.heard.extend(self.lookups.take(line));
        match self.nick.hear(line, &self.welcome, now) {
            Identified::Failed(fault) => Err(fault),
            Identified::Same => Ok(()),
        }
    }

    fn hear_echo(&mut self, line: &Line) {
        if let Some(job) = &mut self.job {
            job.hear_echo(line.parameter(0));
        }
    }

    fn hear(&mut self, line: &Line) {
        let Some(heard) = heard::of(line, &self.welcome.nick, &self.seats) else { return };
        let vouched = self.welcome.capabilities.contains("account-tag");
        if vouched || heard.said == Said::Talk {
            self.heard.push(heard);
        } else {
            // Nobody vouches for them in the line itself: we ask.
            self.urgent.extend(self.lookups.ask(heard));
        }
    }

    fn end_job(&mut self) {
        let Some(mut job) = self.job.take() else { return };
        let echoes = self.welcome.capabilities.contains("echo-message");
        let verdict = job.verdict(echoes);
        match job.request {
            Request::Tell { done, .. } => match verdict {
                Ok(()) => done.tell(Ok(())),
                Err(fault) => done.refuse(fault),
            },
            Request::Topic { done, channel, incident, .. } => {
                if verdict.is_err()
                    && let Some(room) = self.rooms.get_mut(&channel)
                {
                    // It was not set, so it can't have been taken out either.
                    room.remembered.marked.remove(&incident);
                }
                done.tell(verdict);
            }
            Request::Look { channels, topic, done } => {
                let _ = done.send(look::findings(&self.welcome, &self.nick, &self.rooms, &channels, topic));
            }
        }
    }
}

fn command_of(how: IrcMessage) -> &'static str {
    match how {
        IrcMessage::Notice => "NOTICE",
        IrcMessage::Privmsg => "PRIVMSG",
    }
}
