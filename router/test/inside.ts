// What no answer may tell.

/** Words that only the inside knows: files, stacks, the platform's and the libraries' names. */
export const INSIDE =
  /\bD1\b|durable|workerd|miniflare|cloudflare|sqlite|\bsql\b|drizzle|upstash|redis|hono|\bzod\b|stack|\bat .+:\d+:\d+|\.ts\b|\.js\b|node_modules|TypeError|RangeError|undefined|\[object|internal error/i;
