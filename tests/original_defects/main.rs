//! The defects of SPARQL in the system this library replaces (its list, section 12.2): one test each, named after the
//! defect, which must not exist here. Queries and updates are texts; answers are compared whole.

#[path = "../document/mod.rs"]
mod document;
mod expressions;
mod forms;
mod patterns;
#[path = "../text_queries/mod.rs"]
mod text_queries;
mod updates;
