// A message of a conversation: declared once, for what callers send, what homes are asked and what a model is shown.
import * as z from 'zod';

/** Its content is text. A content part or a tool call is added here, and both ends' compilers lead to what has to read it. */
export const messageSchema = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });
export type Message = Readonly<z.output<typeof messageSchema>>;
