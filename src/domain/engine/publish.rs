//! A post mortem is published: one put per blog, so that the newest text replaces what has not left yet.

use super::turn::Turn;
use crate::delivery::{Delivery, Lane};
use crate::ids::IncidentId;
use crate::incident::decide::words;
use crate::incident::entry::PostFact;
use crate::incident::publication::{Asked, decide};
use crate::incident::{Actor, Fact, Refusal};
use crate::notice::NoticeKind;
use crate::policy::ReceiverKind;
use std::sync::Arc;

impl Turn<'_> {
    /// Hands the post to every blog there is. What becomes of it comes back as an outcome.
    pub(super) fn publish(&mut self, id: IncidentId, actor: &Actor, asked: Asked<'_>) -> Result<(), Refusal> {
        let incident = self.state.remembered(id).ok_or_else(|| self.state.unknown(id))?;
        let post = decide(incident, asked)?;
        let policy = Arc::clone(&self.state.policy);
        let blogs: Vec<_> = policy.source.receivers.iter().filter(|spec| spec.kind == ReceiverKind::Blog).collect();
        if blogs.is_empty() {
            return Err(words("blog", "is not configured; docs/blog.md says how a receiver is set up that takes it"));
        }
        for spec in blogs {
            let (receiver, path, title) = (spec.name.clone(), post.path.as_str().to_owned(), post.title.clone());
            self.record(id, actor.clone(), Fact::Post(PostFact::Sent { receiver: receiver.clone(), path, title }));
            let entry = self.recorded(id).last().map_or(0, |entry| entry.number);
            let notice = NoticeKind::Post;
            let delivery = Delivery {
                id: self.state.next_delivery_id(),
                incident: id,
                lane: Lane::Put,
                notice,
                key: format!("inc-{}.{}.{entry}.{receiver}", id.0, notice.word()),
                receiver,
                to: None,
                content: post.content(),
                brief: String::new(),
                calm: false,
                decided_at: self.at,
            };
            self.out.deliveries.push(delivery);
        }
        Ok(())
    }
}
