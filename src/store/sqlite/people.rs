//! People and squads added by hand, and the directory in force.

use super::SqliteStore;
use super::codec::{from_json, micros, time, to_json};
use crate::store::{Added, ByHand, PeopleChange, PeopleStore, StoreError};
use async_trait::async_trait;
use domain::directory::{Directory, Person, Squad};
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;

#[async_trait]
impl PeopleStore for SqliteStore {
    async fn directory(&self) -> Result<Directory, StoreError> {
        Ok(self.main.read(|conn| in_force(conn)).await?.unwrap_or_default())
    }

    async fn by_hand(&self) -> Result<ByHand, StoreError> {
        self.main.read(|conn| by_hand(conn)).await
    }

    async fn change_by_hand(&self, changes: Vec<PeopleChange>) -> Result<(), StoreError> {
        self.main.write(move |conn| change(conn, &changes)).await
    }
}

/// The directory that the engine was told last.
pub fn in_force(conn: &Connection) -> Result<Option<Directory>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT directory FROM directory")?;
    let text: Option<String> = statement.query_row([], |row| row.get(0)).optional()?;
    text.map(|text| from_json("a directory", &text)).transpose()
}

/// Writes the directory that is in force from now on.
pub fn write_in_force(conn: &Connection, directory: &Directory) -> Result<(), StoreError> {
    let sql = "INSERT INTO directory (id, directory) VALUES (1, ?)
               ON CONFLICT (id) DO UPDATE SET directory = excluded.directory";
    conn.prepare_cached(sql)?.execute([to_json(directory)?])?;
    Ok(())
}

fn by_hand(conn: &Connection) -> Result<ByHand, StoreError> {
    Ok(ByHand {
        people: added(conn, "SELECT person, added_by, added_at FROM people ORDER BY name")?,
        squads: added(conn, "SELECT squad, added_by, added_at FROM squads ORDER BY name")?,
    })
}

fn added<T: DeserializeOwned>(conn: &Connection, sql: &str) -> Result<Vec<Added<T>>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let what = from_json("a person or squad", &row.get::<_, String>(0)?)?;
        found.push(Added { what, by: row.get(1)?, at: time(row.get(2)?)? });
    }
    Ok(found)
}

fn change(conn: &mut Connection, changes: &[PeopleChange]) -> Result<(), StoreError> {
    let tx = conn.transaction()?;
    for change in changes {
        match change {
            PeopleChange::Person(person) => put_person(&tx, person)?,
            PeopleChange::NoPerson(name) => remove(&tx, "DELETE FROM people WHERE name = ?", name)?,
            PeopleChange::Squad(squad) => put_squad(&tx, squad)?,
            PeopleChange::NoSquad(name) => remove(&tx, "DELETE FROM squads WHERE name = ?", name)?,
        }
    }
    Ok(tx.commit()?)
}

fn put_person(conn: &Connection, person: &Added<Person>) -> Result<(), StoreError> {
    let sql = "INSERT INTO people (name, person, added_by, added_at) VALUES (?, ?, ?, ?)
               ON CONFLICT (name) DO UPDATE SET person = excluded.person, added_by = excluded.added_by,
                 added_at = excluded.added_at";
    let Added { what, by, at } = person;
    conn.prepare_cached(sql)?.execute(params![what.name, to_json(what)?, by, micros(*at)])?;
    Ok(())
}

fn put_squad(conn: &Connection, squad: &Added<Squad>) -> Result<(), StoreError> {
    let sql = "INSERT INTO squads (name, squad, added_by, added_at) VALUES (?, ?, ?, ?)
               ON CONFLICT (name) DO UPDATE SET squad = excluded.squad, added_by = excluded.added_by,
                 added_at = excluded.added_at";
    let Added { what, by, at } = squad;
    conn.prepare_cached(sql)?.execute(params![what.name, to_json(what)?, by, micros(*at)])?;
    Ok(())
}

fn remove(conn: &Connection, sql: &str, name: &str) -> Result<(), StoreError> {
    conn.prepare_cached(sql)?.execute([name])?;
    Ok(())
}
