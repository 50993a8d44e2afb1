import type { PlainReply } from './messages.ts';

const page = `<!doctype html>
<html><head><title>Just a moment</title></head>
<body><h1>We will be right back</h1><p>The page that a proxy shows when it has nothing better.</p></body></html>
`;

/** A web page where something else was expected; by default it says so in its type. */
export const webPage = (status: number, type = 'text/html; charset=utf-8'): PlainReply => ({
  status,
  headers: { 'content-type': type },
  body: page,
});
