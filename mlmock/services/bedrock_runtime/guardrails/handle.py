"""Handles `ml.bedrock.guardrail(...)` and `ml.bedrock.guardrail_checks`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mlmock.aws.arns import parse_arn
from mlmock.exposed import exposed
from mlmock.services.bedrock_runtime.guardrails import policies
from mlmock.services.bedrock_runtime.guardrails.checks import (
    ATTACKS,
    CATEGORIES,
    CheckDeclarations,
    DeclaredPii,
    DeclaredSeverity,
)
from mlmock.services.bedrock_runtime.guardrails.definitions import GuardrailDefinition, Guardrails
from mlmock.services.bedrock_runtime.guardrails.pii import PII_TYPES
from mlmock.services.bedrock_runtime.guardrails.policies import BLOCKED, MASKED, NONE, Policy
from mlmock.services.bedrock_runtime.guardrails.policy_builders import (
    BLOCKABLE,
    MASKABLE,
    SOURCES,
    build_policies,
    check_among,
    constant_score,
    grounding_score,
    valid_id,
    valid_message,
    valid_threshold,
    valid_version,
)
from mlmock.services.bedrock_runtime.guardrails.text_matchers import to_finder
from mlmock.services.common.handle import ServiceHandle


@exposed("bedrock.GuardrailHandle", "id block mask detect content_filter ground messages")
class GuardrailHandle:
    """A guardrail, which is declared when a test names it.

    Each method adds policies and returns the handle, so that calls can be chained. A policy
    applies to the input of models, to their output, or to both, as `source` says.

    Attributes:
        id: The id of the guardrail.
    """

    def __init__(
        self, bedrock: ServiceHandle, identifier: str, *, version: str | int | None = None
    ) -> None:
        self._state, self._version = bedrock.state, valid_version(version)
        arn = parse_arn(identifier)
        self.id = valid_id(identifier if arn is None else arn.name)
        at = bedrock.at.narrow(arn.region, arn.account_id) if arn is not None else bedrock.at
        guardrails = self._state.shared(Guardrails)
        self._definition = guardrails.declare(self.id, self._version, at, GuardrailDefinition)

    def __repr__(self) -> str:
        return f"<guardrail {self.id}: {len(self._definition.policies)} policies>"

    def block(self, *, source: str | None = None, **what: Any) -> GuardrailHandle:
        """Block texts in which one of the policies detects something.

        What a policy finds is given as a word or phrase, a compiled pattern, a match value or
        other predicate of the whole text, or a list of these.

        Args:
            source: ``"INPUT"`` or ``"OUTPUT"``. Default: both.
            **what: One or more of the following policies. ``words``: words and phrases.
                ``profanity``: True for the managed list, or words to add to it. ``topics``: names
                of denied topics, which are found by their names, or a dict from a name to what is
                found. ``content``: a dict from a content type, such as ``"VIOLENCE"``, to what is
                found. ``pii``: PII types, or a dict from a type to what is found in addition.
                ``regexes``: a dict from a name to a regular expression.

        Returns:
            The handle.

        Raises:
            InvalidRule: If an argument is unknown or invalid.
        """
        return self._add(build_policies(what, BLOCKED, source, BLOCKABLE))

    def mask(self, *, source: str | None = None, **what: Any) -> GuardrailHandle:
        """Mask PII with its type, as in ``{EMAIL}``, and other texts with a name.

        Args:
            source: ``"INPUT"`` or ``"OUTPUT"``. Default: both.
            **what: ``pii`` and ``regexes``, as for `block`.

        Returns:
            The handle.

        Raises:
            InvalidRule: If an argument is unknown or invalid.
        """
        return self._add(build_policies(what, MASKED, source, MASKABLE))

    def detect(self, *, source: str | None = None, **what: Any) -> GuardrailHandle:
        """Show in the assessment what `block` would block, without an intervention.

        Args:
            source: ``"INPUT"`` or ``"OUTPUT"``. Default: both.
            **what: The policies, as for `block`.

        Returns:
            The handle.

        Raises:
            InvalidRule: If an argument is unknown or invalid.
        """
        return self._add(build_policies(what, NONE, source, BLOCKABLE))

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
        """Add a content filter with a confidence and a strength.

        A filter of strength HIGH acts at confidence LOW or higher, MEDIUM at MEDIUM or higher, LOW
        at HIGH.

        Args:
            kind: The content type, such as ``"VIOLENCE"``.
            when: What is found in texts, as for `block`. Default: nothing.
            confidence: ``"NONE"``, ``"LOW"``, ``"MEDIUM"`` or ``"HIGH"``.
            strength: ``"NONE"``, ``"LOW"``, ``"MEDIUM"`` or ``"HIGH"``.
            action: ``"BLOCKED"`` or ``"NONE"``.
            pictures: A predicate of the bytes of an image. Default: nothing is found in images.
            source: ``"INPUT"`` or ``"OUTPUT"``. Default: both.

        Returns:
            The handle.

        Raises:
            InvalidRule: If an argument is invalid.
        """
        check_among(kind, policies.CONTENT_TYPES, "a content type")
        check_among(confidence, policies.LEVELS, "confidence")
        check_among(strength, policies.LEVELS, "strength")
        check_among(action, (BLOCKED, NONE), "action")
        check_among(source, SOURCES, "source")
        finder = None if when is None else to_finder(when, f"content type {kind!r}")
        policy = policies.ContentFilter(
            action=action,
            source=source,
            type=kind,
            finder=finder,
            image_predicate=pictures,
            confidence=confidence,
            strength=strength,
        )
        return self._add([policy])

    def ground(
        self,
        *,
        grounding: float | None = None,
        relevance: float | None = None,
        score: float | policies.Score | None = None,
        action: str = BLOCKED,
    ) -> GuardrailHandle:
        """Add contextual grounding. An answer with a score below a threshold is detected.

        Args:
            grounding: The threshold of the GROUNDING filter, from 0 to 0.99.
            relevance: The threshold of the RELEVANCE filter, from 0 to 0.99.
            score: The score from 0 to 1, or a function of answer, source and query that returns
                it. Default: the share of the answer's words that are in the source (grounding),
                or of the query's words that are in the answer (relevance).
            action: ``"BLOCKED"`` or ``"NONE"``.

        Returns:
            The handle.

        Raises:
            InvalidRule: If an argument is out of range.
        """
        check_among(action, (BLOCKED, NONE), "action")
        thresholds = (("GROUNDING", grounding), ("RELEVANCE", relevance))
        return self._add(
            policies.Grounding(
                action=action,
                type=kind,
                threshold=valid_threshold(kind, value),
                score=grounding_score(kind, score),
            )
            for kind, value in thresholds
            if value is not None
        )

    def messages(
        self,
        *,
        input: str | None = None,  # noqa: A002 - the guardrail's name of this source
        output: str | None = None,
    ) -> GuardrailHandle:
        """Set the messages that replace blocked texts.

        Args:
            input: The message for blocked input, of 1 to 500 characters.
            output: The message for blocked output, of 1 to 500 characters.

        Returns:
            The handle.

        Raises:
            InvalidRule: If a message has another length.
        """
        given = {"input_message": input, "output_message": output}
        values = {name: valid_message(text) for name, text in given.items() if text is not None}
        self._state.undo_log.set(self._definition, **values)
        return self

    def _add(self, added: Iterable[Policy]) -> GuardrailHandle:
        together = (*self._definition.policies, *added)
        self._state.undo_log.set(self._definition, policies=together)
        return self


@exposed("bedrock.GuardrailChecksHandle", "score find")
class GuardrailChecksHandle:
    """The results of InvokeGuardrailChecks."""

    def __init__(self, bedrock: ServiceHandle) -> None:
        self._bedrock = bedrock
        self._declarations = bedrock.state.shared(CheckDeclarations)

    def __repr__(self) -> str:
        return f"<guardrail checks: {len(self._declarations.severities)} scores>"

    def score(
        self, category: str, score: float | Callable[[str], float], *, when: Any = None
    ) -> GuardrailChecksHandle:
        """Set the severity score of texts in a category.

        A score that is set later has precedence. The result for several texts is the greatest
        score.

        Args:
            category: A content category or prompt attack, such as ``"VIOLENCE"`` or
                ``"JAILBREAK"``.
            score: The score from 0 to 1, or a function of a text that returns it.
            when: The texts that have the score: a word or phrase, a compiled pattern, a match
                value or other predicate, or a list of these. Default: all texts.

        Returns:
            The handle.

        Raises:
            InvalidRule: If an argument is invalid.
        """
        check_among(category, (*CATEGORIES, *ATTACKS), "a category")
        finder = None if when is None else to_finder(when, f"category {category!r}")
        function = score if callable(score) else constant_score(score)
        declared = DeclaredSeverity(category, function, finder, self._bedrock.at)
        together = (*self._declarations.severities, declared)
        self._bedrock.state.undo_log.set(self._declarations, severities=together)
        return self

    def find(self, kind: str, what: Any) -> GuardrailChecksHandle:
        """Declare texts that are PII of a type, in addition to those that its pattern matches.

        Args:
            kind: The PII type, such as ``"NAME"``.
            what: A word or phrase, a compiled pattern, a match value or other predicate of the
                whole text, or a list of these.

        Returns:
            The handle.

        Raises:
            InvalidRule: If an argument is invalid.
        """
        check_among(kind, tuple(PII_TYPES), "a PII type")
        declared = DeclaredPii(kind, to_finder(what, f"PII type {kind!r}"), self._bedrock.at)
        together = (*self._declarations.pii, declared)
        self._bedrock.state.undo_log.set(self._declarations, pii=together)
        return self
