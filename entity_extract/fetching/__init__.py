"""From a link to bytes or a status, politely, whatever the link and its server do."""
