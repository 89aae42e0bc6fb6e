//! Acts outside of incidents, written down for the audit log.

use super::auth::Identity;
use super::error::Failure;
use super::site::Site;
use domain::audit::AdminAct;

impl Site {
    /// Writes down what somebody does. Called before it is done, where that can be: what can't be written down is not
    /// done.
    ///
    /// # Errors
    /// The store can't keep it.
    pub async fn audit(&self, act: AdminAct) -> Result<(), Failure> {
        self.parts.inbox.acted(&act).await?;
        Ok(())
    }

    /// The same, of what they tried and did not get.
    ///
    /// # Errors
    /// The store can't keep it.
    pub async fn audit_refused(&self, act: AdminAct, because: &Failure) -> Result<(), Failure> {
        self.audit(act.refused(&because.to_string())).await
    }
}

impl Identity {
    /// Something they do, for the audit log; no secrets.
    pub fn does(&self, what: &str) -> AdminAct {
        AdminAct::done(self.actor(), self.role, what)
    }
}
