/** The dialects that the gateway speaks. */
export type DialectName = 'gptproto' | 'gemini' | 'openai-video';
