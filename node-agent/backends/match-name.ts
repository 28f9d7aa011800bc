// Whether a model's name falls under an owner's choice. Pure.
import { matchesName } from '../../schema/model-names.ts';

/** `choice` is an exact name, or a prefix that ends in `*`. Ollama's `name` and `name:latest` are one model. */
export function matchName(choice: string, name: string): boolean {
  return matchesName(choice, name) || `${choice}:latest` === name;
}
