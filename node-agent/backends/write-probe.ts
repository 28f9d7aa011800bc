// The small requests by which a server is asked what a model can do, and what shows that it can. Pure.
// Each costs a few tokens; none could be taken for a caller's.

import * as z from 'zod';
import type { Need } from '../../schema/needs.ts';

/** Stands in every request, so that who looks at a server's log knows whose they are. */
export const PROBE_TEXT = 'This is the home agent of Irori, which asks what this model can do.';

export interface Probe {
  /** Below the API's address. */
  readonly path: string;
  readonly body: object;
  /** What shows that it can, of an answer with status 200. */
  readonly isShown: (json: unknown) => boolean;
}

/** A red square of 64 × 64, PNG. A single pixel breaks image processors, and vLLM up to 0.6 with them (vllm 8954, 9141). */
const PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAT0lEQVR42u3PQQkAAAgEsAtx/ZMZxgi+hcEKLNO+FgEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQGBywKqxUDxqh7TUQAAAABJRU5ErkJggg==';
const TOOL = {
  type: 'function',
  function: { name: 'ping', description: 'Answers pong.', parameters: { type: 'object', properties: {} } },
};
const THINKING_ON = { chat_template_kwargs: { enable_thinking: true } };
const WORD = 'hearth';
const SCHEMA = {
  type: 'object',
  properties: { irori: { type: 'string', enum: [WORD] } },
  required: ['irori'],
  additionalProperties: false,
};

const completion = <T extends z.ZodType>(choice: T) => z.looseObject({ choices: z.tuple([choice]).rest(z.unknown()) });
const called = completion(z.looseObject({ message: z.looseObject({ tool_calls: z.array(z.unknown()).min(1) }) }));
const said = completion(z.looseObject({ message: z.looseObject({ content: z.string() }) }));
const weighed = completion(
  z.looseObject({ logprobs: z.looseObject({ content: z.array(z.looseObject({ logprob: z.number() })).min(1) }) }),
);
const thoughts = z.string().min(1);
const thought = completion(
  z.looseObject({
    message: z.union([z.looseObject({ reasoning_content: thoughts }), z.looseObject({ reasoning: thoughts })]),
  }),
);
const continued = completion(z.looseObject({ text: z.string() }));
const embedded = z.looseObject({
  data: z.tuple([z.looseObject({ embedding: z.array(z.number()).min(1) })]).rest(z.unknown()),
});

/** Beside a probe's body, where thoughts were all of its answer. */
export const WITHOUT_THOUGHTS = { max_tokens: 512, chat_template_kwargs: { enable_thinking: false } };

/** What to ask of a model, one after the other until one shows it; nothing where only its owner can say. `refusesUnasked`: the server refuses what it cannot do, so that any answer shows it. */
export function writeProbes(need: Need, model: string, refusesUnasked: boolean): readonly Probe[] {
  const chat = (more: object, isShown: Probe['isShown'], text = ''): Probe => ({
    path: 'chat/completions',
    body: {
      model,
      messages: [{ role: 'user', content: `${PROBE_TEXT}${text}` }],
      max_tokens: 1,
      temperature: 0,
      stream: false,
      ...more,
    },
    isShown,
  });
  switch (need) {
    case 'tools':
      return refusesUnasked
        ? [chat({ tools: [TOOL], tool_choice: 'auto' }, isAnswer)]
        : ['required', 'auto'].map((choice) =>
            chat(
              { tools: [TOOL], tool_choice: choice, max_tokens: 64 },
              fits(called),
              ' Call the tool named ping now.',
            ),
          );
    case 'json': {
      const format = { type: 'json_schema', json_schema: { name: 'probe', strict: true, schema: SCHEMA } };
      return [chat({ response_format: format, max_tokens: 32 }, isInForm, ' Say hello.')];
    }
    case 'images': {
      const content = [
        { type: 'text', text: `${PROBE_TEXT} What colour fills the picture? One word.` },
        { type: 'image_url', image_url: { url: PICTURE } },
      ];
      const messages = [{ role: 'user', content }];
      return [refusesUnasked ? chat({ messages }, isAnswer) : chat({ messages, max_tokens: 16 }, isRed)];
    }
    case 'logprobs':
      return [chat({ logprobs: true, top_logprobs: 1 }, fits(weighed))];
    case 'reasoning': {
      // vLLM hands the second to its templates, which are silent where they do not know it.
      const isAsked = { reasoning_effort: 'medium', ...(refusesUnasked && THINKING_ON) };
      return [chat({ ...isAsked, max_tokens: 32 }, fits(thought), ' How much is 17 times 23?')];
    }
    case 'completion':
      return [{ path: 'completions', body: { model, prompt: PROBE_TEXT, max_tokens: 1 }, isShown: fits(continued) }];
    case 'embeddings':
      return [{ path: 'embeddings', body: { model, input: PROBE_TEXT }, isShown: fits(embedded) }];
    case 'transcription':
    case 'image-generation':
      // A sound or a picture would cost more than a question may.
      return [];
  }
}

/** A refusal is an answer; a server that is busy, starting, locked or broken says nothing of its model, nor does one that only thought. */
export function judgeProbe({ status, json }: { status: number; json: unknown }, { isShown }: Probe): boolean | null {
  if (status === 200) return isShown(json) || (isCutInThought(json) ? null : false);
  const isRefused = status === 501 || (status >= 400 && status < 500 && ![401, 403, 408, 425, 429].includes(status));
  return isRefused ? false : null;
}

function fits(schema: z.ZodType): Probe['isShown'] {
  return (json) => schema.safeParse(json).success;
}

function isAnswer(json: unknown): boolean {
  return completion(z.looseObject({ message: z.looseObject({}) })).safeParse(json).success;
}

const cut = completion(
  z.looseObject({ finish_reason: z.literal('length'), message: z.looseObject({ content: z.string().nullish() }) }),
);

function isCutInThought(json: unknown): boolean {
  const message = cut.safeParse(json).data?.choices[0].message;
  return message !== undefined && /^\s*(?:<think>(?!.*<\/think>).*)?$/s.test(message.content ?? '');
}

/** Servers that pass over a picture, or show it to a model as text, answer all the same. What a model thinks of it counts. */
function isRed(json: unknown): boolean {
  const message = completion(z.looseObject({ message: z.looseObject({}) })).safeParse(json).data?.choices[0].message;
  return /\bred\b/i.test(JSON.stringify(message ?? ''));
}

/** A server that passes over the form says hello. */
function isInForm(json: unknown): boolean {
  const text = said.safeParse(json).data?.choices[0].message.content ?? '';
  try {
    return (JSON.parse(text) as { irori?: unknown } | null)?.irori === WORD;
  } catch {
    return false;
  }
}
