import type { PlainReply } from './messages.ts';

const page = `<!doctype html>
<html><head><title>Just a moment</title></head>
<body><h1>We will be right back</h1><p>The page that a proxy shows when it has nothing better.</p></body></html>
`;

/** A web page in place of the expected answer. Its default type is that of a web page. */
export const webPage = (status: number, type = 'text/html; charset=utf-8'): PlainReply => ({
  status,
  headers: { 'content-type': type },
  body: page,
});
