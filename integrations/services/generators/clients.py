"""A Haystack chat generator for each kind of provider, all over one transport with one deadline."""

import os
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from integrations.models import ModelProvider
from integrations.services.generators.transport import shared_transport
from integrations.services.generators.types import ProviderSettings
from supportai.core.models import JSONDict

CACHED = 32
# The deadline of an exchange is kept by the transport, for each call anew; this only has to be longer.
PATIENCE_SECONDS = 600.0
# The client library of OpenAI demands a key, and compatible servers without one ignore it.
NO_KEY = "no-key"


def generator_for(provider: ProviderSettings, schema: str = "") -> Any:
    """Give the generator of a provider, made once per process for the same settings; prices and time-outs may differ.

    `schema` is the JSON schema of a structured answer, as text; kinds whose API takes none ignore it.

    Raises:
        ValueError: there is no such kind.
    """
    same = replace(
        provider,
        name="",
        timeout_seconds=PATIENCE_SECONDS,
        provider_id=None,
        input_price=Decimal(0),
        output_price=Decimal(0),
    )
    return _generator(same, schema, _gateway(provider.kind))


def _gateway(kind: str) -> str:
    variables = {str(keyed): name for keyed, name in ModelProvider.ADDRESS_VARIABLES.items()}
    return os.environ.get(variables[kind], "") if kind in variables else ""


@lru_cache(maxsize=CACHED)
def _generator(provider: ProviderSettings, schema: str, address: str) -> Any:
    builders: dict[str, Callable[[ProviderSettings, JSONDict | None, str], Any]] = {
        "openai": _openai,
        "openai_compatible": _openai,
        "anthropic": _anthropic,
        "google": _google,
        "ollama": _ollama,
    }
    if provider.kind not in builders:
        raise ValueError(f"There is no kind of model {provider.kind!r}.")
    return builders[provider.kind](provider, _loads(schema), address)


def _loads(schema: str) -> JSONDict | None:
    import json

    return dict(json.loads(schema)) if schema else None


def http_client() -> Any:
    """Make an `httpx` client over the shared transport: no proxy of the environment, no redirects, no retries."""
    import httpcore
    import httpx

    transport = shared_transport(httpx, httpcore)
    return httpx.Client(transport=transport, trust_env=False, follow_redirects=False, timeout=PATIENCE_SECONDS)


def _openai(provider: ProviderSettings, schema: JSONDict | None, address: str) -> Any:
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.utils import Secret
    from openai import OpenAI

    is_compatible = provider.kind == "openai_compatible"
    # Compatible servers know the older name only.
    limit = "max_tokens" if is_compatible else "max_completion_tokens"
    options: JSONDict = {limit: provider.max_output_tokens, "stream_options": {"include_usage": True}}
    if schema:
        # Not strict: that form would demand that every optional argument is there.
        form = {"name": "answer", "schema": schema, "strict": False}
        options["response_format"] = {"type": "json_schema", "json_schema": form}
    key = provider.api_key or NO_KEY
    generator = OpenAIChatGenerator(
        api_key=Secret.from_token(key), model=provider.model, generation_kwargs=options, max_retries=0
    )
    client: Any = http_client()
    generator.client = OpenAI(
        api_key=key,
        base_url=(provider.base_url if is_compatible else address) or None,
        max_retries=0,
        timeout=PATIENCE_SECONDS,
        http_client=client,
    )
    return generator


def _anthropic(provider: ProviderSettings, _schema: JSONDict | None, address: str) -> Any:
    import httpcore2
    import httpx2
    from anthropic import Anthropic
    from haystack.utils import Secret
    from haystack_integrations.components.generators.anthropic import AnthropicChatGenerator

    options = {"max_tokens": provider.max_output_tokens}
    generator = AnthropicChatGenerator(
        api_key=Secret.from_token(provider.api_key or NO_KEY),
        model=provider.model,
        generation_kwargs=options,
        max_retries=0,
    )
    client = httpx2.Client(
        transport=shared_transport(httpx2, httpcore2),
        trust_env=False,
        follow_redirects=False,
        timeout=PATIENCE_SECONDS,
    )
    generator.client = Anthropic(
        api_key=provider.api_key or NO_KEY, base_url=address or None, max_retries=0, http_client=client
    )
    return generator


def _google(provider: ProviderSettings, schema: JSONDict | None, address: str) -> Any:
    from google import genai
    from haystack.utils import Secret
    from haystack_integrations.components.generators.google_genai import GoogleGenAIChatGenerator

    options: JSONDict = {"max_output_tokens": provider.max_output_tokens}
    if schema:
        options |= {"response_json_schema": schema, "response_mime_type": "application/json"}
    generator = GoogleGenAIChatGenerator(
        api_key=Secret.from_token(provider.api_key or NO_KEY), model=provider.model, generation_kwargs=options
    )
    connection = genai.types.HttpOptions(
        base_url=address or None,
        httpx_client=http_client(),
        retry_options=genai.types.HttpRetryOptions(attempts=1),
    )
    generator._client = genai.Client(api_key=provider.api_key or NO_KEY, http_options=connection)
    return generator


def _ollama(provider: ProviderSettings, schema: JSONDict | None, _address: str) -> Any:
    import httpcore
    import httpx
    from haystack_integrations.components.generators.ollama import OllamaChatGenerator
    from ollama import Client

    generator = OllamaChatGenerator(
        model=provider.model,
        url=provider.base_url,
        generation_kwargs={"num_predict": provider.max_output_tokens},
        response_format=schema,
        max_retries=0,
    )
    # A server behind a gateway asks for a key; a plain one does not read it.
    headers = {"Authorization": f"Bearer {provider.api_key}"} if provider.api_key else None
    generator._client = Client(
        host=provider.base_url,
        headers=headers,
        timeout=PATIENCE_SECONDS,
        follow_redirects=False,
        transport=shared_transport(httpx, httpcore),
        trust_env=False,
    )
    return generator
