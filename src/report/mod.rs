//! A backtest as one page that needs nothing else: to read, to print, to mail, to keep.

mod calendar;
mod compare;
pub mod fit;
mod headline;
mod lanes;
mod noise;
mod page;
mod tables;
mod words;

pub use page::html;
