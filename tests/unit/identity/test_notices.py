"""What a user was told stays what it was: a new text is a new notice, which is asked about anew."""

from domain.identity.consent import NOTICES, Purpose

# Never change a line: a text that changes gets another version, and another line here.
PUBLISHED = {
    (
        Purpose.AI_EXTERNAL_DOCUMENTS,
        "2026-11-25",
    ): "fe5695690dab579cdb9b8718e4184fa8135d2ba3745b80aa9e5d54c3783b5f03",
    (
        Purpose.AI_EXTERNAL_CAREER,
        "2026-11",
    ): "b1f1b29181a493d6c12fc1a06a99a38131c02a4ad39146acc0e5751c47e52ecb",
    (
        Purpose.AI_EXTERNAL_WELLNESS,
        "2026-11",
    ): "00ca7294a505e6395c757eb0ade4c80cee7879e2c532dc0ebc301eaf703881a3",
    (
        Purpose.WELLNESS_DATA,
        "2026-11",
    ): "e3a7d8ab4c763765872169dbdcc4617a8bd9437e771f5e9cdecc5d2a7a95c3f7",
    (
        Purpose.WELLNESS_EMBEDDING,
        "2026-11",
    ): "ac4e699b89b2e948d2e618840dc20059f6cbbc37012f2f9d5c189343d950e7e5",
    (
        Purpose.WELLNESS_CRISIS_SCAN,
        "2026-11",
    ): "7c899e2a4f0a1338822f82ba9a4caa51b0b7323a5e05ad613485ec353c74b8ba",
    (
        Purpose.EMAIL_IMPORT,
        "2026-11",
    ): "aa8bfde0494425fd9669db62b3f99e593f52f70f909d33566bb2a2344651ff7c",
    (
        Purpose.EMAIL_SEND,
        "2026-11",
    ): "5d6fcfbbbf74f643a33f6e32f571616191bec0d439dbdb17769742462638a296",
    (
        Purpose.MARKETING,
        "2026-11",
    ): "51f603a03bc519cd9a0a7728201e3c8ae870a91484e252f355a843fb76d9aa55",
}


def test_a_text_that_was_published_keeps_its_version_and_a_new_one_gets_its_own() -> None:
    for purpose, notice in NOTICES.items():
        assert PUBLISHED[purpose, notice.version] == notice.sha256, purpose


def test_every_purpose_has_a_notice() -> None:
    assert NOTICES.keys() == {*Purpose}
