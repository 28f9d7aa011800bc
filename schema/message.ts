// A message of a conversation: declared once, for what callers send, what homes are asked and what a model is shown.
import * as z from 'zod';

/** Its content is text. A content part or a tool call is added here; who needs the text asks the functions below. */
export const messageSchema = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });
export type Message = Readonly<z.output<typeof messageSchema>>;

/** All text of a message, in its order. */
export function textOf({ content }: Pick<Message, 'content'>): string {
  return content;
}

/** All texts of a conversation, one for each message. */
export function textsOf(messages: readonly Pick<Message, 'content'>[]): string[] {
  return messages.map((message) => textOf(message));
}

/** The same message with its text changed; what is no text stays as it is. */
export function changeText(message: Message, change: (text: string) => string): Message {
  return { role: message.role, content: change(message.content) };
}

/** Which of these is no message, in words for its sender; null where all are. */
export function findStrangeMessage(messages: readonly unknown[]): string | null {
  const index = messages.findIndex((message) => !messageSchema.safeParse(message).success);
  return index < 0 ? null : `messages[${index}] must have a role of system, user or assistant and a text`;
}
