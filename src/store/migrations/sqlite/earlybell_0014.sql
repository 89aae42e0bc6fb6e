-- Post mortems that are owed are counted on every page of the team: from the index alone, without reading the incidents.
DROP INDEX incidents_owed;
CREATE INDEX incidents_owed ON incidents (owed_since, severity) WHERE owed_since IS NOT NULL;
