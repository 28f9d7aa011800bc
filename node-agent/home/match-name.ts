// Whether a model's name falls under an owner's choice. Pure.

/** `choice` is an exact name, or a prefix that ends in `*`. Ollama's `name` and `name:latest` are one model. */
export function matchName(choice: string, name: string): boolean {
  if (choice.endsWith('*')) return name.startsWith(choice.slice(0, -1));
  return choice === name || `${choice}:latest` === name;
}
