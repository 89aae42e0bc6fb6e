//! The verbs of what is done afterwards.

use super::{BASE, OWNER, VERSION};
use crate::access::Role;
use crate::verbs::table::{Back, Group, Opt, Spec, Verb};

const PATH: Opt = Opt {
    name: "path",
    alias: None,
    value: "_posts/2026-11-29-slow-builds.md",
    help: "where it goes in the repository; by its date and category, if not said",
};
const ANYWAY: Opt = Opt { name: "anyway", alias: None, value: "", help: "although sections are not filled" };
const DUE: Opt =
    Opt { name: "due", alias: None, value: "2026-12-01", help: "the last day on which it is not late; `none`" };
const LINK: Opt = Opt { name: "link", alias: None, value: "https://…", help: "where more of it is: a ticket" };

const REVIEW: Spec = Spec { group: Group::Review, ..BASE };

pub(super) const SECTION: Spec = Spec {
    verb: Verb::Section,
    word: "section",
    arguments: "[#42] section text…",
    options: &[VERSION],
    help: "Writes a section of the post mortem, in Markdown",
    more: "Sections are those of the configuration: intro, impact, detection, root-cause, resolution, action-items, \
           lessons-learned; and its title. Empty quotes clear one.",
    examples: &["section #42 root-cause The disk of the signing host was full.", "section #42 title Slow builds"],
    ..REVIEW
};

pub(super) const MARK: Spec = Spec {
    verb: Verb::Mark,
    word: "mark",
    arguments: "[#42] entry public|private|default",
    help: "Has an entry of the timeline in the post mortem's file, or not",
    more: "By what it tells, if nobody says so: notes and who did what are private, what the public could read is not.",
    examples: &["mark #42 7 public", "mark #42 9 private"],
    ..REVIEW
};

pub(super) const CORRECT: Spec = Spec {
    verb: Verb::Correct,
    word: "correct",
    arguments: "[#42] entry text…",
    help: "Gives an entry of the timeline other words; its own are kept",
    more: "The document shows both, the post mortem the new ones. Empty quotes bring its own words back.",
    examples: &["correct #42 7 update: half of the users were affected"],
    ..REVIEW
};

pub(super) const ACTION: Spec = Spec {
    verb: Verb::Action,
    word: "action",
    arguments: "[#42] text… [@person]",
    options: &[OWNER, DUE, LINK],
    help: "Adds an action item: what will be done so that it does not happen again",
    more: "It is in the post mortem; once a week it is told which are late.",
    examples: &[
        "action #42 Alert on full disks @carla due=2026-12-01",
        "action #42 Move the queue link=https://tracker.example.org/7",
    ],
    ..REVIEW
};

pub(super) const ACTION_EDIT: Spec = Spec {
    verb: Verb::ActionEdit,
    word: "action-edit",
    arguments: "[#42] number [text…]",
    options: &[OWNER, DUE, LINK],
    help: "Changes an action item; what is not said stays",
    examples: &["action-edit #42 3 due=2026-12-15", "action-edit #42 3 Alert on nearly full disks owner=bert"],
    ..REVIEW
};

pub(super) const ACTION_DONE: Spec = Spec {
    verb: Verb::ActionDone,
    word: "action-done",
    arguments: "[#42] number",
    help: "Says that an action item is done",
    examples: &["action-done #42 3"],
    ..REVIEW
};

pub(super) const ACTION_DROP: Spec = Spec {
    verb: Verb::ActionDrop,
    word: "action-drop",
    arguments: "[#42] number why…",
    help: "Says that an action item will not be done, and why",
    examples: &["action-drop #42 3 the host is gone"],
    ..REVIEW
};

pub(super) const POSTMORTEM: Spec = Spec {
    verb: Verb::Postmortem,
    word: "postmortem",
    aliases: &["post-mortem"],
    back: Back::By(Verb::Waive),
    help: "Asks for a post mortem where none would be due, as after a false alarm",
    more: "After an incident that was real one is due anyway.",
    examples: &["postmortem #42"],
    ..REVIEW
};

pub(super) const WAIVE: Spec = Spec {
    verb: Verb::Waive,
    word: "waive",
    arguments: "[#42] why…",
    access: Role::Manager,
    back: Back::By(Verb::Postmortem),
    help: "Says that nobody has to write the post mortem, and why",
    examples: &["waive #42 the same as #41, which has one"],
    ..REVIEW
};

pub(super) const PUBLISH: Spec = Spec {
    verb: Verb::Publish,
    word: "publish",
    arguments: "[#42] text…",
    options: &[PATH, ANYWAY],
    access: Role::Manager,
    back: Back::Never,
    help: "Carries the post mortem to the blog, on a branch of its own",
    more: "The text is the whole file, with its front matter: `earlybell postmortem publish 42 --file FILE` reads it. \
           Refused while a section still holds guidance in a comment.",
    examples: &["publish #42 \"---\ntitle: Slow builds\n---\nIt was the disk.\""],
    ..REVIEW
};
