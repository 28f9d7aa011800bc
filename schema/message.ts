// A message of a conversation: declared once, for what callers send, what homes are asked and what a model is shown. In the words of the OpenAI API, so
// that servers are given it as it is.
import * as z from 'zod';
import { toolCallSchema } from './tools.ts';

const textPart = z.object({ type: z.literal('text'), text: z.string() });
/** A picture, as a `data:` URI: nothing is fetched from elsewhere, neither here nor at a home. */
const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.object({ url: z.string(), detail: z.enum(['auto', 'low', 'high']).optional() }),
});
const partSchema = z.discriminatedUnion('type', [textPart, imagePart]);
export type Part = Readonly<z.output<typeof partSchema>>;

/** A text where there is nothing else: templates of many models know no parts. */
const content = z.union([z.string(), z.array(partSchema)]);
/** Who speaks, of several of one role. */
const name = z.string().optional();

export const messageSchema = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'user']), content, name }),
  z.object({
    role: z.literal('assistant'),
    content,
    name,
    /** What the model thought before it, where the caller sends that back: models that call tools while they think go on from it. */
    reasoning_content: z.string().optional(),
    tool_calls: z.array(toolCallSchema).optional(),
  }),
  z.object({ role: z.literal('tool'), content, tool_call_id: z.string() }),
]);
export type Message = Readonly<z.output<typeof messageSchema>>;

/** All text of a message, in its order. */
export function textOf({ content }: Pick<Message, 'content'>): string {
  return typeof content === 'string'
    ? content
    : content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

/** All texts of a conversation that a model reads, one for each message: what is said, thought, and asked of tools. */
export function textsOf(messages: readonly Message[]): string[] {
  return messages.map((message) => {
    if (message.role !== 'assistant') return textOf(message);
    const calls = (message.tool_calls ?? []).map(
      ({ function: { name: called, arguments: given } }) => `${called}${given}`,
    );
    return [message.reasoning_content ?? '', textOf(message), ...calls].filter((text) => text !== '').join('\n');
  });
}

/** Pictures of a conversation. */
export function countImages(messages: readonly Pick<Message, 'content'>[]): number {
  let count = 0;
  for (const { content } of messages)
    if (typeof content !== 'string') for (const part of content) if (part.type === 'image_url') count++;
  return count;
}

/** The same message with its text changed; what is no text stays as it is. */
export function changeText<M extends Message>(message: M, change: (text: string) => string): M {
  const { content } = message;
  if (typeof content === 'string') return { ...message, content: change(content) };
  return {
    ...message,
    content: content.map((part) => (part.type === 'text' ? { ...part, text: change(part.text) } : part)),
  };
}

/** Which of these is no message, in words for its sender; null where all are. */
export function findStrangeMessage(messages: readonly unknown[]): string | null {
  const index = messages.findIndex((message) => !messageSchema.safeParse(message).success);
  return index < 0 ? null : `messages[${index}] must have a role of system, user, assistant or tool, and a text`;
}
