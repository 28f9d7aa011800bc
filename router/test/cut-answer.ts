// A whole chat answer as the chunks of a stream, cut wherever a test says.
import type { ChatChunk, ChatCompletion } from '../dialects/dialect.ts';

/** Pieces of `size` characters (code points) at most; sizes are taken in turn, and the last one again and again. */
export function cutAnswer(whole: ChatCompletion, sizes: readonly number[] = [3]): ChatChunk[] {
  const { choices, usage, irori, ...head } = whole;
  const { message, finish_reason } = choices[0]!;
  const rest = [...sizes];
  const cut = (text: string): string[] => {
    const chars = Array.from(text);
    const pieces: string[] = [];
    while (chars.length > 0)
      pieces.push(chars.splice(0, Math.max(1, rest.length > 1 ? rest.shift()! : rest[0]!)).join(''));
    return pieces;
  };
  const chunk = (
    delta: ChatChunk['choices'][number]['delta'],
    finish: typeof finish_reason | null = null,
  ): ChatChunk => {
    return { ...head, choices: [{ index: 0, delta, finish_reason: finish }] };
  };
  const calls = (message.tool_calls ?? []).flatMap(({ id, type, function: { name, arguments: given } }, index) => [
    chunk({ tool_calls: [{ index, id, type, function: { name, arguments: '' } }] }),
    ...cut(given).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ]);
  return [
    chunk({ role: 'assistant', content: '' }),
    ...cut(message.reasoning_content ?? '').map((piece) => chunk({ reasoning_content: piece })),
    ...cut(message.content ?? '').map((piece) => chunk({ content: piece })),
    ...calls,
    chunk({}, finish_reason),
    { ...head, choices: [], usage, ...(irori && { irori }) },
  ];
}
