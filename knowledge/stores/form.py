"""In which form stores hold passages."""

# Raise it with every change of Elasticsearch's mapping, of the tables in SQLite, and of what is embedded. Stores that
# were made in an older form go on serving; `manage.py doctor` asks for `manage.py reindex`.
# 2: a passage is embedded with its title and headings before it, and the title alone counts a fifth instead of half.
# 3: words are separated in Elasticsearch as FTS5 does, so that `refund_never_processed` holds a refund.
FORM = 3
