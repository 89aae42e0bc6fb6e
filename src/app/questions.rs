//! Questions to the engine: answered one at a time between its commits, from what is committed and nothing else.

use domain::engine::State;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Questions that wait at once; one more is told to come again.
pub const QUESTIONS_MAX: usize = 16;

/// Longest wait for an answer.
pub const ANSWER_WAIT: Duration = Duration::from_secs(8);

/// Most questions answered after one commit, while there is more to decide.
pub const ANSWERS_MAX: usize = 4;

/// Where questions are asked.
#[derive(Clone)]
pub struct Questions {
    sender: mpsc::Sender<Question>,
}

/// The engine's end.
pub struct Asked {
    receiver: mpsc::Receiver<Question>,
}

/// Something to be answered from the state.
pub struct Question(Box<dyn FnOnce(&State) + Send>);

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Others ask as well.
    #[error("{QUESTIONS_MAX} questions wait for the engine already; ask again in a moment")]
    Busy,
    /// There is no engine here.
    #[error("the engine does not run here; ask again when the server is ready")]
    NotRunning,
    /// It does not come to it.
    #[error("the engine did not answer within {} seconds: it is behind, or can't read its store", ANSWER_WAIT.as_secs())]
    Late,
    /// It failed on it.
    #[error("the engine could not answer this; please report it as a bug")]
    Failed,
}

impl Questions {
    /// Both ends.
    pub fn new() -> (Self, Asked) {
        let (sender, receiver) = mpsc::channel(QUESTIONS_MAX);
        (Self { sender }, Asked { receiver })
    }

    /// Asks. The engine decides nothing while it answers: a question must be short, and leave to others what can be done
    /// without the state.
    ///
    /// # Errors
    /// Nobody answers, or not now.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let (answer, answered) = oneshot::channel();
        let asked = Question(Box::new(move |state| {
            // Whoever asked may have gone since.
            if !answer.is_closed() {
                let _ = answer.send(question(state));
            }
        }));
        self.sender.try_send(asked).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => NoAnswer::Busy,
            mpsc::error::TrySendError::Closed(_) => NoAnswer::NotRunning,
        })?;
        match tokio::time::timeout(ANSWER_WAIT, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) if self.sender.is_closed() => Err(NoAnswer::NotRunning),
            Ok(Err(_)) => Err(NoAnswer::Failed),
            Err(_) => Err(NoAnswer::Late),
        }
    }
}

impl Asked {
    /// The next question; never, once nobody can ask.
    pub async fn next(&mut self) -> Question {
        match self.receiver.recv().await {
            Some(question) => question,
            None => std::future::pending().await,
        }
    }

    /// Answers what waits already.
    pub fn answer_waiting(&mut self, state: &State) {
        for _ in 0..ANSWERS_MAX {
            let Ok(question) = self.receiver.try_recv() else { return };
            question.answer(state);
        }
    }
}

impl Question {
    /// Answers. A question that fails costs its own answer only: it can't have changed anything.
    pub fn answer(self, state: &State) {
        if catch_unwind(AssertUnwindSafe(|| (self.0)(state))).is_err() {
            tracing::error!("the engine failed on a question");
        }
    }
}
