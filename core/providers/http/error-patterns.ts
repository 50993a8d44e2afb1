/**
 * Where a provider has no code for it, its words decide: the phrases, from the seeds, public clients and issue threads.
 * Each list is read as alternatives, in any case. They are narrow on purpose: a 503 taken for a refusal could be paid twice.
 */
const SAFETY = [
  'content[ _-]?(policy|filter|moderation|restriction)',
  '(policy|policies|guidelines?)[ _-]?violation',
  '(violat\\w*|against|breach\\w*) .{0,40}(polic(y|ies)|guidelines?|terms|rules)',
  'safety (concern|reason|filter|polic|guideline|setting|violation|standard|block|system|check|threshold)',
  '(blocked|rejected|refused|filtered|flagged|stopped|declined|prohibited|removed) .{0,40}(safety|moderation|content|nsfw)',
  '(unsafe|prohibited|inappropriate|sensitive|harmful|disallowed|explicit|nsfw|adult|forbidden|restricted) (content|material|image|picture|prompt|input|words?)',
  '(prompt|image|input|content|request|video)s? .{0,30}(blocked|flagged|filtered|moderated|unsafe|nsfw)',
  'prompt_blocked|moderation_blocked|sensitive_words',
  'responsible ai|\\bnsfw\\b|sexually explicit|celebrit(y|ies)|\\bminors?\\b.{0,40}(not allowed|block)',
  '敏感|违规|内容审核',
];

/** The safety system itself is down: nothing was judged, nothing is certain. */
const SAFETY_DOWN = [
  '(safety|moderation|content|polic\\w+)[\\w -]{0,30}(service|system|check\\w*|api|filter\\w*|server|model)s?[\\w -]{0,20}(unavailable|overload\\w*|time[d -]*out|down|failed|failure|error|busy|unreachable)',
];

const BALANCE = [
  'balance',
  '(insufficient|not enough|no|low|out of)[ _](remaining )?(funds?|credits?|user[ _]quota|money)',
  'credits? .{0,30}(exhausted|insufficient|depleted|used up|run out|required)',
  'payment required|recharge|top[ -]?up|arrears|prepa(id|yment)',
  '余额不足|额度不足',
];

/** A limit of a day, a month or of money: minutes of waiting do not help. Gemini's per-minute text names "billing" too. */
const LONG_QUOTA = [
  '\\b(daily|weekly|monthly)\\b',
  'per[ _-]?(day|week|month)\\b|PerDay|\\brpd\\b',
  'spend\\w*[ _-]?(cap|limit|quota)|(hard|billing|budget|usage|cost)[ _-](cap|limit)',
];

const RETIRED = [
  'no longer (available|supported|offered|exists?)',
  '\\bmodels?\\b .{0,60}(retired|deprecated|discontinued|decommissioned|sunset|shut ?down)',
  'not[ _]found[ _]model|model[ _]not[ _](found|exist\\w*|available|supported)|(unknown|unsupported|invalid)[ _]model',
  '\\bmodels?\\b[\\s:/\'"`]*[\\w./:-]{1,80}[\'"`]?,? (is |was |has been )?(not (found|available|supported|exist)|unknown|does not exist|doesn.t exist|unavailable)',
  '模型不存在',
];

const UNKNOWN_TASK = [
  '(task|prediction|operation|generation|job)s?[ _]?(id)?[ _:\'"\\w./-]{0,80}(not[ _](found|exist)|does not exist|doesn.t exist|no longer exists?)',
  '(no such|unknown|invalid|not[ _]found)[ _](task|prediction|operation|generation|job)',
  '任务不存在',
];

const NOT_CHARGED = [
  '(not|never|n.t) (be |been )?(charged|billed)',
  // Seed 004: "may auto-cancel with refund". Not "cannot be refunded".
  'with (a )?(full )?refund|(been|was|were|will be|automatically|fully) refunded',
];

const oneOf = (phrases: readonly string[]): RegExp => new RegExp(phrases.join('|'), 'i');

const safety = oneOf(SAFETY);
const safetyDown = oneOf(SAFETY_DOWN);
const balance = oneOf(BALANCE);
const longQuota = oneOf(LONG_QUOTA);
const retired = oneOf(RETIRED);
const unknownTask = oneOf(UNKNOWN_TASK);
const notCharged = oneOf(NOT_CHARGED);

/** Enough of any error to decide by; longer ones are pages or attacks. */
const head = (text: string): string => text.slice(0, 2_000).replace(/\s+/g, ' ');

export const isSafetyWording = (text: string): boolean => safety.test(head(text));
export const isSafetyOutageWording = (text: string): boolean => safetyDown.test(head(text));
export const isBalanceWording = (text: string): boolean => balance.test(head(text));
export const isLongQuotaWording = (text: string): boolean => longQuota.test(head(text));
export const isRetiredWording = (text: string): boolean => retired.test(head(text));
export const isUnknownTaskWording = (text: string): boolean => unknownTask.test(head(text));
/** What a verdict's words say of the money; nothing is known where they say nothing. */
export const chargedBy = (text: string): 'no' | 'unknown' => (notCharged.test(head(text)) ? 'no' : 'unknown');
