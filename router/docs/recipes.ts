// How each client is pointed at this network. KEY and MODEL stand for the caller's own; the base URL is the router's that shows the page.
import type { Told } from './told.ts';

export interface Recipe {
  readonly id: string;
  readonly title: Told;
  readonly note?: Told;
  readonly text: (origin: string) => string;
}

export const RECIPES: readonly Recipe[] = [
  {
    id: 'curl',
    title: { en: 'curl', ja: 'curl' },
    text: (origin) => `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer $IRORI_API_KEY" -H "Content-Type: application/json" \\
  -d '{"model":"MODEL","messages":[{"role":"user","content":"Say hello."}]}'`,
  },
  {
    id: 'node',
    title: { en: 'Node: openai', ja: 'Node: openai' },
    text: (origin) => `import OpenAI from 'openai';
const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: process.env.IRORI_API_KEY });
const stream = await client.chat.completions.create({
  model: 'MODEL', stream: true, messages: [{ role: 'user', content: 'Say hello.' }],
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');`,
  },
  {
    id: 'python',
    title: { en: 'Python: openai', ja: 'Python: openai' },
    text: (origin) => `import os
from openai import OpenAI
client = OpenAI(base_url="${origin}/v1", api_key=os.environ["IRORI_API_KEY"])
answer = client.chat.completions.create(model="MODEL", messages=[{"role": "user", "content": "Say hello."}])
print(answer.choices[0].message.content)`,
  },
  {
    id: 'browser',
    title: { en: 'A page in a browser', ja: 'ブラウザーのページ' },
    note: {
      en: 'Any page may call; whoever reads the page reads the key, so give it one with little credit.',
      ja: 'どのページからも呼び出せます。ページを読む人はキーも読めるので、使えるクレジットの少ないキーにしてください。',
    },
    text: (origin) => `const response = await fetch('${origin}/v1/chat/completions', {
  method: 'POST',
  headers: { authorization: 'Bearer KEY', 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'MODEL', messages: [{ role: 'user', content: 'Say hello.' }] }),
});
console.log((await response.json()).choices[0].message.content);`,
  },
  {
    id: 'ai-sdk',
    title: { en: 'AI SDK', ja: 'AI SDK' },
    note: {
      en: 'With @ai-sdk/openai take openai.chat(MODEL). Its default, Responses, sends earlier answers by their ids, which nobody keeps here: give each call providerOptions: { openai: { store: false } }.',
      ja: '@ai-sdk/openai では openai.chat(MODEL) を使ってください。既定のResponsesは以前の回答をIDで参照しますが、ここでは回答が保存されないため、呼び出しごとに providerOptions: { openai: { store: false } } が必要です。',
    },
    text: (origin) => `import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText } from 'ai';
const irori = createOpenAICompatible({
  name: 'irori', baseURL: '${origin}/v1', apiKey: process.env.IRORI_API_KEY, supportsStructuredOutputs: true,
});
const { text } = await generateText({ model: irori('MODEL'), prompt: 'Say hello.' });`,
  },
  {
    id: 'langchain',
    title: { en: 'LangChain', ja: 'LangChain' },
    text: (origin) => `import { ChatOpenAI } from '@langchain/openai';
const model = new ChatOpenAI({
  model: 'MODEL', apiKey: process.env.IRORI_API_KEY, configuration: { baseURL: '${origin}/v1' },
});
console.log((await model.invoke('Say hello.')).content);`,
  },
  {
    id: 'anthropic',
    title: { en: 'Node: @anthropic-ai/sdk', ja: 'Node: @anthropic-ai/sdk' },
    text: (origin) => `import Anthropic from '@anthropic-ai/sdk';
const client = new Anthropic({ baseURL: '${origin}', apiKey: process.env.IRORI_API_KEY });
const message = await client.messages.create({
  model: 'MODEL', max_tokens: 100, messages: [{ role: 'user', content: 'Say hello.' }],
});`,
  },
  {
    id: 'codex',
    title: { en: 'codex', ja: 'codex' },
    note: { en: 'In ~/.codex/config.toml.', ja: '~/.codex/config.toml に書きます。' },
    text: (origin) => `model = "MODEL"
model_provider = "irori"

[model_providers.irori]
name = "Irori"
base_url = "${origin}/v1"
env_key = "IRORI_API_KEY"
wire_api = "responses"`,
  },
  {
    id: 'claude-code',
    title: { en: 'claude-code', ja: 'claude-code' },
    note: { en: 'The base URL has no /v1.', ja: 'ベースURLに /v1 は付きません。' },
    text: (origin) => `export ANTHROPIC_BASE_URL=${origin}
export ANTHROPIC_AUTH_TOKEN=$IRORI_API_KEY
export ANTHROPIC_MODEL=MODEL ANTHROPIC_DEFAULT_HAIKU_MODEL=MODEL
claude`,
  },
  {
    id: 'opencode',
    title: { en: 'opencode', ja: 'opencode' },
    note: { en: 'In opencode.json.', ja: 'opencode.json に書きます。' },
    text: (origin) => `{
  "$schema": "https://opencode.ai/config.json",
  "model": "irori/MODEL",
  "provider": {
    "irori": {
      "npm": "@ai-sdk/openai-compatible",
      "name": "Irori",
      "options": { "baseURL": "${origin}/v1", "apiKey": "{env:IRORI_API_KEY}" },
      "models": { "MODEL": { "name": "MODEL" } }
    }
  }
}`,
  },
  {
    id: 'continue',
    title: { en: 'continue', ja: 'continue' },
    note: { en: 'In ~/.continue/config.yaml.', ja: '~/.continue/config.yaml に書きます。' },
    text: (origin) => `name: irori
version: 1.0.0
schema: v1
models:
  - name: MODEL
    provider: openai
    model: MODEL
    apiBase: ${origin}/v1
    apiKey: KEY
    roles: [chat, edit, apply]
    capabilities: [tool_use]`,
  },
];
