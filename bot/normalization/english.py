"""English words for what cannot be read: to be heard, not read. Used through ``Vocabulary``."""

from bot.normalization.vocabulary import Vocabulary, pairs, table

_PHRASES = {
    "comma": ", ",
    "and": " and ",
    "someone": "someone",
    "role": "a role",
    "channel": "a channel",
    "named_channel": "the {name} channel",
    "everyone": "everyone",
    "here": "everyone here",
    "command": "slash {name}",
    "place": "{name}",
    "reddit_user": "U slash {name}",
    "reddit_forum": "R slash {name}",
    "link": "a link",
    "link_to": "a link to {name}",
    "links": "{count} links",
    "gif": "a gif",
    "mail": "an e-mail address",
    "phone": "a phone number",
    "invite": "an invitation to a server",
    "message_link": "a link to a message",
    "code": "a bit of code",
    "code_block": "a block of code",
    "code_block_in": "a block of {name} code",
    "spoiler": "spoiler",
    "quote": "quote: ",
    "more_emoji": "{count} more emoji",
    "flag": "flag of {name}",
    "smash": "keyboard smash",
    "long_number": "a number of {count} digits",
    "long_word": "a long string of characters",
    "moment": "{day} at {clock}",
    "time": "some time",
    "past": "{span} ago",
    "future": "in {span}",
    "present": "now",
    "bleep": "bleep",
    "star": "star",
    "dot": "dot",
    "hash": "hash",
    "braces": "braces",
    "brackets": "brackets",
    "cut": "… and so on",
    "what": "what?",
    "says": "{name} says: ",
    "says_to": "{name} to {other}: ",
    "says_forward": "{name} forwards {other}: ",
    "says_forward_unknown": "{name} forwards: ",
    "to": "to {other}: ",
    "forward": "forwarded from {other}: ",
    "forward_unknown": "forwarded: ",
    "sent": "{name} sent {things}",
    "sent_to": "{name} sent {other} {things}",
    "with": ", with {things}",
    "sticker": "a sticker, {name}",
    "sticker_unnamed": "a sticker",
    "stickers": "stickers, {names}",
    "more_stickers": "{count} more",
    "voice_short": "a {seconds}-second voice message",
    "voice_long": "a voice message of {span}",
    "voice_vowel": "an {seconds}-second voice message",
    "video_long": "a video message of {span}",
    "poll": "a poll: {question}",
    "poll_options": " The choices: {options}",
    "poll_option_and": " or ",
    "more_options": "{count} more",
    "hashtag": "hashtag {name}",
    "number": "number {number}",
    "range": "{low} to {high}",
    "about": "about {number}",
    "some_more": " plus ",
    "per": " per {unit}",
    "per_second": " per second",
    "power": "{base} to the power of {exponent}",
    "below": "minus ",
    "minus": "minus ",
    "mixed": "{whole} and {part}",
    "decade": "{name}",
    "date": "{month} {day}",
    "date_year": "{month} {day}, {year}",
    "weekday": "{weekday}, {date}",
    "cents": "{whole} {unit} {cents}",
    "money": "{number} {unit}",
    "by": "{left} by {right}",
    "fold": "{number} times",
    "always": "24 7",
    "pause": ", ",
    "stop": ".",
}

_SLANG = """
afaik as far as I know|afk away from the keyboard|aka also known as|atm at the moment|bbl be back later
bbs be back soon|bc because|bday birthday|bff best friend|brb be right back|btw by the way|cuz because
cya see you|dm direct message|dms direct messages|eli5 explain it like I'm five|ez easy|ffs oh come on
fr for real|ftw for the win|fwiw for what it's worth|fyi for your information|g2g got to go|gg good game
ggs good games|ggwp good game, well played|gj good job|glhf good luck, have fun|gn good night|gr8 great
gtg got to go|gz congratulations|hbd happy birthday|hbu how about you|hmu hit me up|hru how are you
icymi in case you missed it|idc I don't care|idek I don't even know|idk I don't know
iirc if I remember correctly|ikr I know, right|ilu I love you|ily I love you|ilysm I love you so much
imho in my humble opinion|imo in my opinion|irl in real life|istg I swear|iykyk if you know, you know
jk just kidding|kk okay|l8r later|lfg let's go|lmk let me know|m8 mate|mfw my face when|msg message
ngl not going to lie|np no problem|nsfw not safe for work|nvm never mind|obv obviously|ofc of course
omg oh my god|omw on my way|pls please|plz please|ppl people|prob probably|probs probably|rn right now
lmao hahaha|lmfao hahaha|lol haha|lul haha|kekw haha|rofl hahaha|smh shaking my head|sry sorry|stfu shut up
tba to be announced|tbd to be decided|tbf to be fair|tbh to be honest|tf what the heck|tfw that feeling when
tgif thank God it's Friday|thx thanks|til today I learned|tldr too long, didn't read|tl;dr too long, didn't read
tmi too much information|tmr tomorrow|tmrw tomorrow|ttyl talk to you later|ty thank you|tysm thank you so much
tyt take your time|tyvm thank you very much|u you|ur your|vs versus|w/ with|w/o without|w/e whatever
b/c because|b/t between|y/o year old|s/o shout out|w/out without|wbu what about you
wdym what do you mean|wfh working from home|wp well played|wth what the heck|wtf what the heck|wya where are you
wyd what are you doing|yolo you only live once|yw you're welcome|r are|k okay|c# C sharp|f# F sharp
c++ C plus plus|abt about|bf boyfriend|gf girlfriend|convo conversation
"""
_MASKED = """
arse arsehole ass asses asshole assholes bastard bitch bitches bitching bollocks boob boobs bullshit clusterfuck cock
cocks crap cum cunt cunts damn dick dickhead dicks fag faggot fuck fucked fucker fuckers fuckin fucking fucks goddamn
hell horny horseshit jerk kill killed killing mofo moron motherfucker motherfuckers motherfucking nazi nigga niggas
nigger niggers penis piss pissed porn prick pussy queer rape raped rapist retard retarded sex sexual sexy shit shits
shitting shitty slut sluts suicide tits twat vagina wank wanker whore whores
"""
_EMOJI = """
😂 laughing|🤣 rolling with laughter|😭 crying|😢 sad tears|😍 heart eyes|🥰 smiling with love|😊 smiling
🙂 smile|😀 grin|😃 grin|😄 grin|😁 big grin|😆 laughing|😅 nervous laugh|😉 wink|😎 cool
🙃 upside-down smile|😡 angry|😠 angry|😤 huffing|😱 screaming|😴 asleep|🤔 thinking|🤨 raised eyebrow
😏 smirk|😒 unimpressed|🙄 rolling eyes|😬 grimace|🤡 clown|💀 skull|🥺 pleading
🥲 smiling through tears|🫡 salute|🤗 hug|😘 kiss|😋 yum|😜 cheeky wink|😛 tongue out|👌 okay|✌ peace
🤞 fingers crossed|👏 clapping|🙏 please|💪 strong|👋 wave|🤷 shrug|🤦 facepalm|❤ heart|🎉 party
💯 one hundred|✅ check|✔ check|❌ cross|☕ coffee|💩 poo|🆗 okay|🆘 SOS|🆎 A B|🅰 A|🅱 B|🅾 O|🐶 dog
👉👈 shyly|👉 pointing right|👈 pointing left|👆 pointing up|☝ pointing up|👇 pointing down
🐱 cat|🙈 see no evil|☠ skull and crossbones|♥ heart|☺ smile|☹ frown|🔛 on|🆙 up|🔟 10
"""
_EMOTICONS = """
smile smile|grin grin|laugh laughing|sad sad face|cry crying|angry angry face|wink wink|tongue tongue out
surprised surprised|unsure not sure|blank blank look|heart heart|heartbreak broken heart|kiss kiss|cat cat smile
happy happy|annoyed annoyed|puzzled puzzled|frustrated frustrated|cute cute|cool cool|shrug shrug
flip table flip|unflip table put back|smirk smirk|stern stern look|hug hug|bear bear|shocked shocked
kneel on my knees|wave wave|sealed lips sealed|sidelong side eye
"""
_SITES = """
youtube.com YouTube|youtu.be YouTube|github.com GitHub|gitlab.com GitLab|google.* Google
docs.google.com Google Docs|reddit.com Reddit|redd.it Reddit|twitter.com Twitter|x.com X|t.me Telegram
telegram.org Telegram|telegram.me Telegram|wikipedia.org Wikipedia|imdb.com I M D B|bbc.com B B C|bbc.co.uk B B C
cnn.com C N N|nytimes.com the New York Times|ebay.* eBay|amazon.* Amazon|amzn.to Amazon|amzn.com Amazon
twitch.tv Twitch|spotify.com Spotify|spotify Spotify|soundcloud.com SoundCloud|steampowered.com Steam
steamcommunity.com Steam|steam Steam|discord.com Discord|discordapp.com Discord|discord.gg Discord|discord Discord
tiktok.com TikTok|instagram.com Instagram|facebook.com Facebook|fb.com Facebook|fb.me Facebook|fb.watch Facebook
imgur.com Imgur|pinterest.* Pinterest|pin.it Pinterest|stackoverflow.com Stack Overflow|bilibili.com Bilibili
b23.tv Bilibili|weibo.com Weibo|weibo.cn Weibo|zhihu.com Zhihu|baidu.com Baidu|taobao.com Taobao
netflix.com Netflix|linkedin.com LinkedIn|paypal.com PayPal|paypal.me PayPal|apple.com Apple
microsoft.com Microsoft|nasa.gov NASA
"""
_UNITS = """
km kilometre|cm centimetre|mm millimetre|m metre|mi mile|ft foot,feet|kg kilogram|mg milligram|g gram|lb pound
lbs pound|oz ounce|ml millilitre|l litre|km/h kilometre per hour,kilometres per hour
kmh kilometre per hour,kilometres per hour|kph kilometre per hour,kilometres per hour
mph mile per hour,miles per hour|m/s metre per second,metres per second|kb kilobyte|mb megabyte|gb gigabyte
tb terabyte|kbps kilobit per second,kilobits per second|mbps megabit per second,megabits per second
gbps gigabit per second,gigabits per second|ms millisecond|s second|sec second|secs second|min minute
mins minute|h hour|hr hour|hrs hour|hz hertz,hertz|khz kilohertz,kilohertz|mhz megahertz,megahertz
ghz gigahertz,gigahertz|w watt|kw kilowatt|kwh kilowatt hour|v volt|mah milliamp hour
fps frame per second,frames per second|px pixel|°c degree Celsius,degrees Celsius
℃ degree Celsius,degrees Celsius|°f degree Fahrenheit,degrees Fahrenheit|℉ degree Fahrenheit,degrees Fahrenheit
° degree|m² square metre|m2 square metre|km² square kilometre|m³ cubic metre|kcal kilocalorie|in. inch,inches
"""
_MONEY = {
    "$": ("dollar", "dollars"),
    "€": ("euro", "euros"),
    "£": ("pound", "pounds"),
    "¥": ("yuan", "yuan"),
    "￥": ("yuan", "yuan"),
    "₹": ("rupee", "rupees"),
    "₩": ("won", "won"),
    "₽": ("rouble", "roubles"),
    "₿": ("bitcoin", "bitcoins"),
}
_SIGNS = {
    "&": "and", "+": "plus", "=": "equals", "<": "less than", ">": "greater than", "≤": "at most", "≥": "at least",
    "≠": "is not", "≈": "about", "±": "plus or minus", "×": "times", "÷": "divided by", "*": "times",
    "/": "divided by", "→": "to", "->": "to", "=>": "to", "-->": "to", "<-": "from", "<->": "and", "@": "at",
    "°": "degrees", "№": "number", "§": "section", "½": "one half", "¼": "one quarter", "¾": "three quarters",
    "⅓": "one third", "⅔": "two thirds", "%": "percent", "==": "equals", "!=": "is not", ">=": "at least",
    "<=": "at most", "&&": "and",
}  # fmt: skip
_LAUGHTER = {
    "ha": "hahaha",
    "he": "hehehe",
    "hi": "hihihi",
    "ho": "hohoho",
    "ja": "hahaha",
    "lo": "haha",
    "je": "hehehe",
    "h": "haha",
}
_ACTIONS = """
sigh sigh|sighs sigh|sighing sigh|long sigh sigh|deep sigh sigh|heavy sigh sigh|sighs heavily sigh
sighs deeply sigh|laugh laugh|laughs laugh|laughing laugh|lol laugh|giggle laugh|giggles laugh|chuckle laugh
chuckles laugh|snickers laugh|cough cough|coughs cough|coughing cough|sob sob|sobs sob|sobbing sob|cry sob
cries sob|crying sob|weeps sob|gasp gasp|gasps gasp|yawn yawn|yawns yawn|yawning yawn|sneeze sneeze
sneezes sneeze|sniff sniff|sniffs sniff|sniffles sniff|groan groan|groans groan|gulp gulp|gulps gulp
clears throat throat|clear throat throat|ahem throat
"""
_KINDS = """
image a picture,{count} pictures|gif a gif,{count} gifs|video a video,{count} videos
video_note a round video,{count} round videos|audio a sound file,{count} sound files
voice a voice message,{count} voice messages|text a text file,{count} text files
script a program text,{count} program texts|archive an archive,{count} archives
program a program,{count} programs|document a document,{count} documents|contact a contact,{count} contacts
place a place on the map,{count} places on the map|file a file,{count} files
"""

ENGLISH = Vocabulary(
    language="en",
    phrases=_PHRASES,
    tags={
        "laugh": "laughs", "emphasis": "emphasis", "whisper": "whispering", "sigh": "sighs", "cough": "coughs",
        "sob": "sobs", "gasp": "gasps", "yawn": "yawns", "sneeze": "sneezes", "sniff": "sniffs", "groan": "groans",
        "gulp": "gulps", "throat": "clears throat",
    },
    aloud={
        "laugh": "haha", "sigh": "ah", "cough": "ahem", "sob": "boo hoo", "gasp": "oh", "yawn": "aah",
        "sneeze": "achoo", "sniff": "sniff", "groan": "ugh", "gulp": "gulp", "throat": "ahem",
    },
    actions=table(_ACTIONS, last=True),
    slang=table(_SLANG),
    masked=frozenset(_MASKED.split()),
    numbers={},
    laughter=_LAUGHTER,
    emoji=table(_EMOJI),
    emoticons=table(_EMOTICONS),
    sites=table(_SITES),
    units=pairs(_UNITS, "s"),
    money=_MONEY,
    signs=_SIGNS,
    kinds=pairs(_KINDS, ""),
    places={
        "guide": "Server Guide", "browse": "Browse Channels", "customize": "Channels and Roles", "home": "Server Guide",
        "linked-roles": "Linked Roles",
    },
    months=("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December"),
    days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    spans=pairs("second a second,{count} seconds|minute a minute,{count} minutes|hour an hour,{count} hours|"
                "day a day,{count} days|month a month,{count} months|year a year,{count} years", ""),
)  # fmt: skip
"""English."""
