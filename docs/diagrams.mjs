// Draws the state machines; without a network their text stays as it is.
import mermaid from "https://cdn.jsdelivr.net/npm/mermaid@11/dist/mermaid.esm.min.mjs";

mermaid.initialize({ startOnLoad: false });
await mermaid.run({ nodes: document.querySelectorAll("code.language-mermaid") });
