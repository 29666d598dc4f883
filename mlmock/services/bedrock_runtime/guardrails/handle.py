"""`ml.bedrock.guardrail("gr1")` and `ml.bedrock.guardrail_checks`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mlmock.aws.arns import parse_arn
from mlmock.exposed import exposed
from mlmock.services.bedrock_runtime.guardrails import policies
from mlmock.services.bedrock_runtime.guardrails.checks import (
    ATTACKS,
    CATEGORIES,
    ChecksScript,
    DeclaredPii,
    DeclaredSeverity,
)
from mlmock.services.bedrock_runtime.guardrails.definitions import Definition, Guardrails
from mlmock.services.bedrock_runtime.guardrails.pii import KINDS
from mlmock.services.bedrock_runtime.guardrails.policies import BLOCKED, MASKED, NONE, Policy
from mlmock.services.bedrock_runtime.guardrails.policy_builders import (
    BLOCKABLE,
    MASKABLE,
    SOURCES,
    check_among,
    checked_id,
    checked_message,
    checked_version,
    constant,
    entries_of,
    score_of,
    threshold,
)
from mlmock.services.bedrock_runtime.guardrails.text_matchers import finder_of
from mlmock.services.common.handle import ServiceHandle


@exposed("bedrock.GuardrailHandle", "id block mask detect content_filter ground messages")
class GuardrailHandle:
    """One guardrail, declared by being named. Each word adds to it and returns it.

    `source` is INPUT or OUTPUT where a word is to hold for one of them only.
    """

    def __init__(
        self, bedrock: ServiceHandle, identifier: str, *, version: str | int | None = None
    ) -> None:
        self._state, self._version = bedrock.state, checked_version(version)
        arn = parse_arn(identifier)
        self.id = checked_id(identifier if arn is None else arn.name)
        at = bedrock.at.narrow(arn.region, arn.account_id) if arn is not None else bedrock.at
        guardrails = self._state.shared(Guardrails)
        self._definition = guardrails.declare(self.id, self._version, at, Definition)

    def __repr__(self) -> str:
        return f"<guardrail {self.id}: {len(self._definition.policies)} policies>"

    def block(self, *, source: str | None = None, **what: Any) -> GuardrailHandle:
        """Block texts in which something of `what` is found.

        `words`: words and phrases; `profanity`: True, or more words for the managed list;
        `topics`: names of denied topics, which stand for themselves, or a mapping from a name to
        what it is found by; `content`: a mapping from VIOLENCE, HATE, … to what it is found by;
        `pii`: documented types, or a mapping from a type to what else is one; `regexes`: a mapping
        from a name to a regular expression. Something is found by a word or phrase, a compiled
        pattern, a match value or another predicate of the text, or several of them.
        """
        return self._add(entries_of(what, BLOCKED, source, BLOCKABLE))

    def mask(self, *, source: str | None = None, **what: Any) -> GuardrailHandle:
        """Mask personal data (`pii`) and what `regexes` fit: ``{EMAIL}``, ``{name}``."""
        return self._add(entries_of(what, MASKED, source, MASKABLE))

    def detect(self, *, source: str | None = None, **what: Any) -> GuardrailHandle:
        """Detect what `block` would block, show it in the assessment, and do nothing about it."""
        return self._add(entries_of(what, NONE, source, BLOCKABLE))

    def content_filter(
        self,
        kind: str,
        when: Any = None,
        *,
        confidence: str = "HIGH",
        strength: str = "HIGH",
        action: str = BLOCKED,
        pictures: Callable[[bytes], Any] | None = None,
        source: str | None = None,
    ) -> GuardrailHandle:
        """Add one content filter: what it finds (`when`), how surely, and how strong it is.

        `pictures` is a predicate of a picture's bytes. A filter of strength LOW acts on confidence
        HIGH only, one of MEDIUM on MEDIUM too, one of HIGH on LOW too.
        """
        check_among(kind, policies.CONTENT_TYPES, "a content filter")
        check_among(confidence, policies.LEVELS, "confidence=")
        check_among(strength, policies.LEVELS, "strength=")
        check_among(action, (BLOCKED, NONE), "action=")
        check_among(source, SOURCES, "source=")
        finder = None if when is None else finder_of(when, f"{kind} content")
        entry = policies.Filter(
            action=action,
            source=source,
            type=kind,
            finder=finder,
            pictures=pictures,
            confidence=confidence,
            strength=strength,
        )
        return self._add([entry])

    def ground(
        self,
        *,
        grounding: float | None = None,
        relevance: float | None = None,
        score: float | policies.Score | None = None,
        action: str = BLOCKED,
    ) -> GuardrailHandle:
        """Add contextual grounding with its thresholds, 0 to 0.99.

        Without `score` (a number, or a function of answer, source and query) it is the share of
        words: of the answer's in the source (grounding), of the query's in the answer (relevance).
        """
        check_among(action, (BLOCKED, NONE), "action=")
        asked = (("GROUNDING", grounding), ("RELEVANCE", relevance))
        return self._add(
            policies.Grounding(
                action=action,
                type=kind,
                threshold=threshold(kind, value),
                score=score_of(kind, score),
            )
            for kind, value in asked
            if value is not None
        )

    def messages(
        self,
        *,
        input: str | None = None,  # noqa: A002 - the guardrail's two sides are called so
        output: str | None = None,
    ) -> GuardrailHandle:
        """Set what is said instead of blocked texts, 1 to 500 characters each."""
        given = {"input_message": input, "output_message": output}
        values = {n: checked_message(text) for n, text in given.items() if text is not None}
        self._state.undo_log.set(self._definition, **values)
        return self

    def _add(self, entries: Iterable[Policy]) -> GuardrailHandle:
        together = (*self._definition.policies, *entries)
        self._state.undo_log.set(self._definition, policies=together)
        return self


@exposed("bedrock.GuardrailChecksHandle", "score find")
class GuardrailChecksHandle:
    """What InvokeGuardrailChecks finds."""

    def __init__(self, bedrock: ServiceHandle) -> None:
        self._bedrock = bedrock
        self._script = bedrock.state.shared(ChecksScript)

    def __repr__(self) -> str:
        return f"<guardrail checks: {len(self._script.scores)} scores>"

    def score(
        self, category: str, score: float | Callable[[str], float], *, when: Any = None
    ) -> GuardrailChecksHandle:
        """Let a category (VIOLENCE, JAILBREAK, …) score so much: 0 to 1, or a function of a text.

        `when` says in which texts: a word, a pattern, a match value, a predicate. Of two words on
        a text the later counts, of several texts the greatest score.
        """
        check_among(category, (*CATEGORIES, *ATTACKS), "a category")
        finder = None if when is None else finder_of(when, category)
        value = score if callable(score) else constant(score, "score")
        entry = DeclaredSeverity(category, value, finder, self._bedrock.at)
        self._bedrock.state.undo_log.set(self._script, scores=(*self._script.scores, entry))
        return self

    def find(self, kind: str, what: Any) -> GuardrailChecksHandle:
        """Let `what` (a word, a pattern, several) be data of a type, too, besides its pattern."""
        check_among(kind, tuple(KINDS), "a type of personal data")
        entry = DeclaredPii(kind, finder_of(what, kind), self._bedrock.at)
        self._bedrock.state.undo_log.set(self._script, told=(*self._script.told, entry))
        return self
