import { expressionNouns } from './refusal-patterns.ts'

/** Short replies that are whole answers by themselves and name nothing: "Nope.", "Hard to say", "Error 17", "[explanation]". */
export type NonAnswer = 'refusal' | 'error' | 'nothing'

/** What may follow without making words out of it that a neuron could fire on. */
const about =
  '(?: (?:(?:what|why|which|how|if|whether|about|from|without|given|based on|exactly|precisely|here|for sure)(?: .*)?|this neuron|these (?:texts?|excerpts?|examples?)))?'

const policy =
  "(?:(?:the|my|our|your|its|\\w+'s|usage|content|safety|community|company) )*(?:polic(?:y|ies)|guidelines?|rules?|terms(?: of (?:service|use))?|programming|principles)"

const refusals: readonly RegExp[] = [
  /^(?:nope|nah|nay|never mind|no (?:way|thanks|thank you|chance|sir|can do|comment|dice)|hell no)$/,
  /^(?:absolutely|certainly|definitely|of course|probably|i think|i'd rather|i would rather|i'd better|i had better|better) not$/,
  /^not (?:a chance|happening|today|my job|allowed|permitted|authori[sz]ed|interested|possible|going (?:there|to happen|to do (?:that|this|it))|doing (?:that|this|it)|answering(?: that| this)?)$/,
  /^(?:hard pass|i(?:'ll| will)? pass|i(?:'m giving| give) up|i quit|i (?:choose|chose|prefer|wish|opt|elect) not to(?: .*)?|i(?:'ve| have) (?:decided|chosen|opted|elected) not to(?: .*)?)$/,
  /^(?:request|prompt|question|response|answer|output|permission|content|explanation) (?:denied|rejected|refused|blocked|declined|withheld|filtered|removed|prohibited|flagged)$/,
  /^(?:refused|declined|withheld|i refuse)$/,
  new RegExp(`^(?:(?:in |a )?(?:violation|breach) of|against|contrary to) ${policy}$`),
  /^(?:content|usage|safety|openai)?\s?policy violation$/,
  /^(?:blocked|filtered|flagged|removed|withheld|rejected) (?:by|due to|for|because of) (?:the |our |a )?(?:\w+ )?(?:filters?|polic(?:y|ies)|moderat(?:ion|ors?)|safety|system|guardrails?)(?: \w+)?$/,
  /^content[_ ]filter(?:ed|ing)?$/,
  /^(?:ask|try) (?:me )?(?:something|anything|another (?:one|question)) ?(?:else)?$/,
  /^(?:let's|can we|could we|shall we) (?:please )?(?:(?:talk about|discuss|try) something (?:else|different)|change the (?:subject|topic)|move on)$/,
  /^(?:next question|move on)$/,
]

const errors: readonly RegExp[] = [
  /^(?:(?:an?|unknown|unexpected|internal|fatal|network|api|server|connection|generation|unhandled|model) )+(?:error|exception)(?: (?:code )?#?\d+)?$|^error (?:code )?#?\d+$/,
  /^(?:err|failed to (?:generate|respond|answer|explain|parse|load|fetch|complete)(?: .*)?|(?:request |connection )timed?[ -]?out|timed out|invalid (?:input|request|response|output|prompt|key|argument|neuron))$/,
  /^(?:e(?:conn(?:refused|reset|aborted)|timedout|notfound|hostunreach|ai_again|pipe)|err_[a-z0-9_]+)$/,
  /^(?:the )?(?:server|model|service|system|engine)(?: is| was)?(?: currently| too| very| temporarily)? (?:busy|overloaded|down|unavailable|offline|at capacity)$/,
  /^(?:please )?(?:try|retry)(?: again)?(?: later| soon| shortly| in .*)?$/,
  /^we(?:'re| are) (?:currently )?experiencing .*$/,
  /^something (?:went wrong|broke|bad happened|is (?:wrong|broken))$/,
]

const nothings: readonly RegExp[] = [
  /^(?:unclear|undetermined|indeterminate|inconclusive|unspecified|unavailable|unidentified|untitled|tb[dac]|to be (?:determined|decided|defined|announced|confirmed)|idk|i dunno|dunno|beats me|who knows|search me|no one knows|nobody knows)$/,
  /^(?:not (?:specified|known|determined|provided|given|found|defined|stated|identified|clear|obvious)|none of (?:these|those|them|the above|it)|unknown (?:neuron|behaviou?r|pattern|concept|purpose))$/,
  /^nothing (?:found|obvious|clear|here|at all|much|comes to mind|stands out|to (?:see|say|report|add|explain|list))(?: here)?$/,
  new RegExp(`^unclear (?:what|why|which|how|if|whether|from|without|given|based on)(?: .*)?$`),
  new RegExp(
    `^(?:it's |it is |that's |this is )?(?:hard|difficult|tough|tricky|impossible|not (?:easy|possible)) to (?:say|tell|know|determine|judge|pinpoint|pin down|be sure)${about}$`,
  ),
  new RegExp(
    `^(?:can't|cannot|can not|could not|couldn't|i can't|i couldn't) (?:tell|say|know|be (?:determined|identified|answered|known|inferred))${about}$`,
  ),
  new RegExp(`^(?:i'm |i am )?not (?:entirely |really |quite )?(?:sure|certain)${about}$`),
  new RegExp(
    `^(?:i )?(?:have |had )?(?:absolutely |really )?(?:no|not the (?:slightest|faintest|foggiest)) (?:idea|clue)${about}$`,
  ),
  /^(?:lorem ipsum(?: .*)?|placeholder(?: text)?|(?:insert |your )(?:an? |the |your )?(?:\w+ )?(?:explanation|answer|response|concept|description|text|word|phrase)(?: (?:goes )?here)?|(?:explanation|answer|response|concept|description|text) (?:goes )?here)$/,
]

/** Words that are answers to somebody, or concepts, by the way in which they are written. */
const utterances =
  /^(?:no|yes|yeah|yep|ok|okay|alright|done|understood|noted|acknowledged|got it|hello|hi|hey|(?:hello|hi|hey) there|i (?:understand|see)|sure|certainly|will do|you're welcome|pass|skip|skipped|deleted|removed|filtered|prohibited|error|exception|fail|failed|failure|timeout|invalid|aborted|todo)$/

/** What stands beside an answer that is none. */
const fillers = /^(?:sorry|thanks|thank you|please|well|oops|whoops|uh+|hm+|\d+)$/

/** Words in brackets that stand for what should be there. */
const bracketed =
  /^(?:no |the |an? |your |insert )*(?:explanation|answer|response|reply|output|concept|description|sentence|empty|blank|removed|deleted|skipped|filtered|hidden|missing|error|failed|timeout|refusal|refused|placeholder|unknown|end)(?: here)?$/

/** What has begun and not come to an end. */
const unfinished =
  /^(?:loading|thinking|processing(?: your request)?|generating(?: \w+){0,2}|please wait|working on it)\s*(?:\.{3}|…)$/

/** Characters of the longest text that is looked at: answers that say nothing are short. */
const longestLookedAt = 300

const speaksOfWords = new RegExp(`\\b${expressionNouns}\\b`)

/**
 * What kind of answer a reply is that answers nothing, as a whole; null when it may say something. `plain` is the text in lower case
 * without markdown; `text` is as it came: "No." answers somebody, where "no" is a word that a neuron may fire on.
 */
export function nonAnswerIn(text: string, plain: string): NonAnswer | null {
  const body = plain.trim()
  if (body.length > longestLookedAt) return null
  if (unfinished.test(body)) return 'nothing'
  const inner = /^[[({<]+([^\][(){}<>]*)[\])}>]+[.!]?$/.exec(body)?.[1]?.trim().replaceAll('_', ' ')
  if (inner !== undefined && bracketed.test(inner)) return /^error|^failed|^timeout/.test(inner) ? 'error' : 'nothing'
  const parts = body
    .split(/[.,;:!?…]+(?=\s|$)|\s+[–—-]+\s+|\n/)
    .map((part) => part.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter((part) => part !== '' && !fillers.test(part))
  if (parts.length === 0 || speaksOfWords.test(body)) return null
  const kinds = parts.map(kindOf)
  if (kinds.includes(null)) return null
  const kind = kinds.find((one) => one !== 'utterance')
  if (kind === undefined) return kinds.length === 1 && isUttered(text) ? 'nothing' : null
  return kind ?? null
}

function kindOf(part: string): NonAnswer | 'utterance' | null {
  const isAny = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(part))
  if (isAny(refusals)) return 'refusal'
  if (isAny(errors)) return 'error'
  if (isAny(nothings)) return 'nothing'
  return utterances.test(part) ? 'utterance' : null
}

/** Written as a sentence: with a capital letter, or with a full stop. */
function isUttered(text: string): boolean {
  return /^[^\p{L}]*\p{Lu}/u.test(text) || /[.!]\W*$/.test(text.slice(-20))
}
