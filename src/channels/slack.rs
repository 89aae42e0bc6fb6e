//! Slack's Web API with a bot token: a root message edited in place, replies in its thread.
