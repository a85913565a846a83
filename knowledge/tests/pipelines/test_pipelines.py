import pytest
from haystack import Document, Pipeline

from knowledge.pipelines.draft_article import DraftSettings, build_draft_pipeline, draft
from knowledge.pipelines.ingest import IngestSettings, build_ingest_pipeline, build_store_pipeline
from knowledge.pipelines.retrieve import RetrievalSettings, build_retrieve_pipeline, find

ALLOWED = ["knowledge.*", "haystack.*"]


def reload(pipeline):
    return Pipeline.from_dict(pipeline.to_dict(), allowed_modules=ALLOWED)


@pytest.mark.parametrize(
    ("build", "profile"),
    [
        (build_ingest_pipeline, IngestSettings(title_share=0.4)),
        (build_store_pipeline, IngestSettings()),
        (build_retrieve_pipeline, RetrievalSettings(lexical_weight=0.02)),
        (build_draft_pipeline, DraftSettings()),
    ],
)
def test_a_pipeline_survives_dump_and_reload(store, build, profile):
    pipeline = build(profile)
    assert reload(pipeline).to_dict() == pipeline.to_dict()


def test_a_reloaded_pipeline_finds_what_another_one_ingested(store):
    document = Document(id="d", content="Open Reports and choose Export.", meta={"title": "Export"})
    reload(build_ingest_pipeline(IngestSettings())).run({"splitter": {"documents": [document]}})
    inputs = {"reader": {"query": "export", "history": []}}
    found = reload(build_retrieve_pipeline(RetrievalSettings())).run(inputs)["fusion"]["documents"]
    assert [d.content for d in found] == ["Open Reports and choose Export."]


def test_pipelines_are_built_once_per_settings(store):
    from knowledge.pipelines import retrieve

    find(query="a", history=[], filters=None)
    before = retrieve._cached.cache_info().misses
    find(query="b", history=[], filters=None)
    assert retrieve._cached.cache_info().misses == before


def test_a_draft_has_a_title_and_a_body_without_greetings():
    made = draft(question="Hi, where is the export?", answer="Hi Ana,\n\nOpen Reports.\n\nBest,\nInes")
    assert (made.title, made.body, made.concern) == (
        "Where is the export?",
        "Open Reports.",
        "The answer is very short. Say what it refers to.",
    )
