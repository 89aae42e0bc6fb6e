//! What is remembered of pads.

use crate::fixtures::{at, closed};
use domain::engine::{Changes, Deleted};
use domain::ids::{IncidentId, InputSeq};
use earlybell::store::{PadRow, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

pub async fn keeps_what_is_remembered_of_pads(store: &Arc<dyn Store>) {
    let pads = store.pads();
    let id = IncidentId(7);
    let people = "ada: \u{1F514}".to_owned();
    let row = PadRow { wrote: vec!["a block".into()], people, people_at: Some(at(3)), ..PadRow::default() };
    pads.keep_pad(id, row.clone()).await.unwrap();
    assert_eq!(pads.pad(id).await.unwrap(), None, "there is no such incident");
    let incidents = [(id, closed(7, 0))].into();
    let known = Changes { position: InputSeq(1), at: Some(at(0)), incidents, ..Changes::default() };
    store.commit(known).await.unwrap();
    pads.keep_pad(id, row.clone()).await.unwrap();
    assert_eq!(pads.pad(id).await.unwrap(), Some(row.clone()));
    assert_eq!(pads.kept_pads().await.unwrap(), [id]);
    let ended = PadRow { ended: true, noted: vec!["a note".into()], ..row };
    pads.keep_pad(id, ended.clone()).await.unwrap();
    assert_eq!(pads.pad(id).await.unwrap(), Some(ended));
    assert_eq!(pads.kept_pads().await.unwrap(), Vec::<IncidentId>::new());
    let deleted = BTreeMap::from([(id, Deleted { by: "ada".into(), at: at(9) })]);
    store.commit(Changes { position: InputSeq(2), at: Some(at(9)), deleted, ..Changes::default() }).await.unwrap();
    while store.past().sweep(10).await.unwrap() > 0 {}
    assert_eq!(pads.pad(id).await.unwrap(), None);
}
