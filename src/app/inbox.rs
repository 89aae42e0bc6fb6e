//! Takes inputs in: durable first, then 2xx; commands wait for their decision.
