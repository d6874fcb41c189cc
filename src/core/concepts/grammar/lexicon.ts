import type { ClassId } from './classes.ts'

/**
 * Words of the closed word classes and of the fields of meaning. Closed classes are decided here alone, so that the
 * same word always falls in the same class; the fields are short lists of common English words, not a thesaurus.
 */
export const wordLists: Partial<Readonly<Record<ClassId, string>>> = {
  modal: `can could may might must shall should will would ought cannot can't couldn't mustn't shan't shouldn't won't
    wouldn't mightn't`,
  be: `be am is are was were been being isn't aren't wasn't weren't`,
  have: `have has had having haven't hasn't hadn't`,
  do: `do does did done doing don't doesn't didn't`,
  pronoun: `i me you he him she her it we us they them myself yourself himself herself itself ourselves themselves mine
    yours hers ours theirs thou thee ye one somebody someone something anybody anyone anything nobody nothing everybody
    everyone everything`,
  'first-person': `i me my mine myself we us our ours ourselves i'm i've i'll i'd we're we've we'll we'd`,
  possessive: `my your his her its our their thy mine yours hers ours theirs whose`,
  determiner: `the a an this that these those some any each every all both no another such`,
  preposition: `of in on at by for from with into onto upon over under about above below between among through during
    before after against around behind beside beyond near off out outside inside toward towards up down along across
    past without within until till since except like than to as`,
  conjunction: `and but or nor so yet because although though while if unless whether that`,
  question: `what who whom whose which where when why how`,
  negation: `not no never none nothing nobody nor neither nowhere cannot can't couldn't didn't doesn't don't hadn't
    hasn't haven't isn't aren't wasn't weren't won't wouldn't shouldn't mustn't shan't`,
  number: `one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen first
    second third fourth fifth sixth seventh eighth ninth tenth once twice half`,
  speech: `say says said saying tell tells told telling ask asks asked asking answer answered answers reply replied speak
    spoke spoken speaking talk talked talking cry cried shout shouted whisper whispered exclaim exclaimed call called
    murmur murmured declare declared explain explained remark remarked`,
  motion: `go goes went gone going come comes came coming run ran running walk walked walking fly flew flying ride rode
    riding jump jumped climb climbed fall fell falling move moved moving turn turned turning return returned leave left
    arrive arrived enter entered follow followed pass passed`,
  mind: `think thinks thought thinking know knows knew known knowing see sees saw seen seeing hear heard hearing feel
    felt feeling look looks looked looking believe believed remember remembered forget forgot wonder wondered
    understand understood hope hoped wish wished guess watch watched`,
  family: `mother father sister brother son daughter wife husband aunt uncle cousin grandmother grandfather mamma papa
    mama mom dad parents child children family baby grandma grandpa`,
  royalty: `king queen prince princess lord lady emperor empress duke knight throne crown palace castle kingdom royal`,
  animal: `dog dogs horse horses cat cats bird birds wolf wolves lion fox bear cow cows sheep pig pigs rabbit mouse mice
    fish goat hen duck goose elephant monkey snake frog bee lamb donkey puppy kitten animal animals beast`,
  body: `eye eyes hand hands head face arm arms leg legs foot feet hair heart mouth nose ear ears finger fingers neck
    shoulder shoulders back body lips teeth knee knees breast cheek cheeks`,
  colour: `red blue green yellow black white brown grey gray purple pink golden silver orange scarlet crimson colour
    color colours colors`,
  time: `day days night nights morning evening hour hours minute minutes moment week weeks month months year years time
    today tomorrow yesterday afternoon noon midnight spring summer autumn winter now then soon always ago`,
  home: `house room door window table chair bed kitchen garden wall floor roof home hall stairs gate fire lamp cottage
    chamber cupboard fireplace`,
  nature: `tree trees wood woods forest flower flowers leaf leaves grass field fields hill hills mountain mountains rose
    roses garden branch branches bush meadow earth sky sun moon star stars wind`,
  water: `water sea river lake rain ship ships boat boats wave waves shore island ocean stream well pond snow ice sail
    beach`,
  feeling: `happy glad sad angry afraid sorry joy love loved hate fear feared pleased delighted proud lonely laugh
    laughed smile smiled weep wept tears sorrow grief anger cheerful merry miserable delight pleasure`,
  insult: `stupid idiot idiots fool fools foolish dumb moron morons loser losers jerk ugly liar liars pathetic
    ridiculous silly ignorant`,
  keyword: `def return import from class if elif else for while in not and or is None True False try except finally
    raise with as lambda yield pass break continue global nonlocal assert del async await self`,
}

/** Members of each word list, in lower case except for Python keywords. */
export function readWordLists(): ReadonlyMap<ClassId, ReadonlySet<string>> {
  const lists = new Map<ClassId, ReadonlySet<string>>()
  for (const [id, text] of Object.entries(wordLists)) lists.set(id as ClassId, new Set(text.split(/\s+/)))
  return lists
}

/** Closed classes: a word in one of these lists never gets a class by the tagger. */
export const closedClasses: readonly ClassId[] = [
  'modal',
  'pronoun',
  'possessive',
  'determiner',
  'preposition',
  'conjunction',
  'question',
  'negation',
  'number',
]
