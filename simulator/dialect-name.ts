/** The dialects that the gateway speaks. */
export const dialectNames = ['gptproto', 'gemini', 'openai-video'] as const;
export type DialectName = (typeof dialectNames)[number];
