"""Masked words, and what programs write and read: held to do less where a rule cannot be sure."""

import pytest

from bot.normalization.clean import clean_message
from bot.normalization.message import ChatMessage, Reading
from tests.chat_said import en, zh


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("he f***ed it up", "he bleep it up"),
        ("sh*t, I lost", "bleep, I lost"),
        ("what a b!tch, my a$$ hurts", "what a bleep, my bleep hurts"),
        ("s**t s**t f*** you", "bleep bleep bleep you"),
        ("SH*TTY F**K!!", "bleep bleep!"),
        ("a motherf*cker of a boss", "a bleep of a boss"),
        ("**that is f***ing great**", "that is bleep great"),
        ("the w****r took it", "the bleep took it"),
        ("J*** W*** did it", "bleep bleep did it"),
        ("2*3*4", "2 times 3 times 4"),
        ("**bold**ed and *slanted* and un**believ**able", "bolded and slanted and unbelievable"),
        ("the C* language", "the C language"),
        ("Nutzer*innen", "Nutzerinnen"),
        ("shit* is a footnote", "shit is a footnote"),
        ("well done!! pay $5!", "well done! pay 5 dollars!"),
        ("A$AP and Ke$ha sing", "A$AP and Ke$ha sing"),
        ("x**2 grows", "x to the power of 2 grows"),
        ("this**is bold** here", "thisis bold here"),
        ("G*d knows", "bleep knows"),
        ("you little t*rd", "you little bleep"),
        ("area = size*depth", "area equals size times depth"),
        ("sudo ls old*new", "sudo ls old star new"),
    ],
)
def test_a_masked_word_is_bleeped(text: str, said: str) -> None:
    assert en(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("他*的又输了", "哔又输了"),
        ("卧*真快", "哔真快"),
        ("你这个傻*", "你这个哔"),
        ("我听说***要来", "我听说哔要来"),
        ("我*早就*说过", "我早就说过"),
        ("**卧室**很大", "卧室很大"),
        ("全场五折*", "全场五折"),
        ("sh*t又输了", "哔又输了"),
        ("长*宽等于面积", "长宽等于面积"),
    ],
)
def test_a_masked_word_is_bleeped_in_chinese(text: str, said: str) -> None:
    assert zh(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("then rm *.* and be sorry", "then rm star.star and be sorry"),
        ("rm -rf * is bad", "rm -rf star is bad"),
        ("play *.ogg first", "play star.ogg first"),
        ("all of my-tool-* please", "all of my-tool-star please"),
        ("*well, fine.* he said", "well, fine. he said"),
        ("find . -iname old", "find . -iname old"),
        ("it has drwxr-xr-x now", "it has drwxr-xr-x now"),
        ("mine is 3.1-2tool1~9.04 here", "mine is 3.1-2tool1~9.04 here"),
        ("try 2.0~rc3 please", "try 2.0~rc3 please"),
        ("10.5km~12.5km away", "10.5 kilometres to 12.5 kilometres away"),
        ("root@box:/# reboot", "root@box:/# reboot"),
        ("node->next = head;", "node next equals head"),
        ("make clean && ls # as always", "make clean and ls, as always"),
        ("then run this -> sudo reboot", "then run this, sudo reboot"),
        ("fly NYC -> LA", "fly NYC to LA"),
        ("sam -> can you look at my problem please", "sam, can you look at my problem please"),
        ("see /dev/a tab->tab", "see /dev/a tab, tab"),
        ("chmod +x run.sh", "chmod +x run.sh"),
        ("no idea \\_()_/ sorry", "no idea shrug sorry"),
        ("really ^^ ?", "really?"),
        ("great ^^", "great, happy"),
        ("look herehttps://example.com/a", "look here a link to example"),
        ("see you d:)", "see you, smile"),
        ("kim: 10:02 < sam> hello", "kim: 10:02, sam hello"),
        ("here --all = -a", "here --all = -a"),
        ("via #chown -R sam please", "via #chown -R sam please"),
        ("take the ~ away", "take the ~ away"),
        ("look at /opt/ab*cd/x", "look at /opt/ab star cd/x"),
        ("see http://is.gd/abc", "see a link"),
        ("it is 10https://example.com/5 now", "it is 10 a link to example now"),
        ("it says: (see below): go", "it says: see below: go"),
        ("the field is :*: here", "the field is: here"),
        ("^^ that one works", "that one works"),
        ("LOG_LEVEL=debug first", "LOG LEVEL=debug first"),
        ("if a =! b then", "if a =! b then"),
        ("ls -r k then", "ls -r k then"),
        ("u r right, k", "you are right, okay"),
        ("it is in your ~/", "it is in your ~/"),
        ("I tried it 1x, then 3x", "I tried it 1x, then 3 times"),
        ("u_knight: did r_smith call", "u knight: did r smith call"),
        ("ask in #music-fr please", "ask in hashtag music fr please"),
        ("!fr | sam", "!fr, sam"),
        ("you can (re)load it", "you can reload it"),
        ("is Z[3]d here", "is Z3d here"),
        ("then grep LEVEL .*", "then grep LEVEL .star"),
        ("cheers \\_/ \\_/", "cheers"),
        ("thank you!!1", "thank you!"),
        ("it says code=0x21 again", "it says code=0x21 again"),
        ("then tools -> themes", "then tools, themes"),
        ("I can´t and won`t", "I can't and won't"),
        ("is kim{x} or {y}kim here", "is kimx or ykim here"),
        ("get tool-7.1~20150612 now", "get tool-7.1~20150612 now"),
        ("it is 7.1~20150612-1box2 here", "it is 7.1~20150612-1box2 here"),
        ("he needs bf first", "he needs bf first"),
        ("then File -> New Tab", "then File, New Tab"),
        ("we play LoL, lol", "we play LoL, haha"),
        ("my bf has 2 bf, buy bf first", "my boyfriend has 2 bf, buy bf first"),
        ('grep -r "cat" . | wc', 'grep -r "cat" dot, wc'),
        ("mv $one ${two%.txt}.md", "mv $one two%.txt.md"),
        ("see rows[0].name there", "see rows 0.name there"),
        ("map[i][j] is it", "map i j is it"),
        ("(K)box and [k]box", "Kbox and kbox"),
        ("dogs > cats", "dogs greater than cats"),
        ("tea>milk", "tea greater than milk"),
        ("go to start > run", "go to start, run"),
        ("settings>privacy", "settings, privacy"),
        ("make all 2>&1 | less", "make all 2 to 1, less"),
        ("run it > /dev/null 2>/tmp/x.log", "run it to /dev/null 2 to /tmp/x.log"),
        ("nice one x)", "nice one, laughing"),
        ("put it in /opt instead of ~, please", "put it in /opt instead of ~, please"),
        ("the gap b/t them", "the gap between them"),
        ("put a # in front of it in /etc/x", "put a hash in front of it in /etc/x"),
        ("in /etc/x is this: #T0:23:go", "in /etc/x is this: #T0:23:go"),
        ("sam, ^^", "sam"),
        ("sam: o/", "sam: wave"),
        ("sam:System-->Options-->Keys-->there", "sam:System, Options, Keys, there"),
        ("try serve &", "try serve"),
        ("press Alt-~ now", "press Alt-~ now"),
        ("you and np are alike, np", "you and np are alike, no problem"),
        ('export HERE="$HERE":/opt/x', 'export HERE="$HERE":/opt/x'),
        ("locate *mp3", "locate star mp3"),
        ("sam, try #bash", "sam, try hashtag bash"),
        ("void Tea::pour(const Cup& cup)", "void Tea:pour, const Cup cup"),
        ("my 9 y/o cat", "my 9 year old cat"),
        ('if [ %k != "tea" ] then', 'if, %k is not "tea", then'),
        ("it needs box (= 2.1) first", "it needs box, equals 2.1, first"),
        ("it is in /usr/lib/libbox++.so.6 here", "it is in /usr/lib/libbox++.so.6 here"),
        ("alien -i box*.deb please", "alien -i box star.deb please"),
        ("the {} around it", "the braces around it"),
        ("foo {} [] ()", "foo"),
        ("press <ctrl><alt><f1> now", "press ctrl alt f1 now"),
        ("mv a.{old,new}box", "mv a.old,new box"),
        ("put it in the <nav> there", "put it in the nav there"),
        ("all of /dev/box* please", "all of /dev/box star please"),
        ("dont gg out, gg", "dont gg out, good game"),
        ("pick one: a) tea b) milk x) none", "pick one: a, tea b, milk x, none"),
        ("!help > sam", "!help, sam"),
        ("I clicked it in the panel -> new", "I clicked it in the panel, new"),
        ("look https://example.com/a <- that one", "look a link to example, that one"),
        ("salt and/or oil, either/or", "salt and or oil, either or"),
        ("Zxcvbnna: are you there", "Zxcvbnna: are you there"),
        ("see https://die.net/a and https://some.org/b", "see a link and a link"),
    ],
)
def test_what_programs_read_is_left_or_said_whole(text: str, said: str) -> None:
    assert en(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sudo mount -o k,r /dev/sdb1 u", "sudo mount -o k,r /dev/sdb1 u"),
        ("then sudo fdisk -l, 3x if u must :/", "then sudo fdisk -l, 3x if u must :/"),
        ("sudo apt-get remove box*; sudo reboot", "sudo apt-get remove box star; sudo reboot"),
        ("lol, thx. sudo dd if=/dev/sda of=/x.img bs=4k", "haha, thanks. sudo dd if=/dev/sda of=/x.img bs=4k"),
        ("git clone k/d 5km", "git clone k/d 5km"),
        ("echo $PATH then u r done", "echo $PATH then u r done"),
        ("it is in etc/default/grub 5km", "it is in etc/default/grub 5km"),
        ("error: r 5km", "error: r 5km"),
        ("get tea-image-2.6.24 atm", "get tea-image-2.6.24 atm"),
        ("main() is c/d", "main is c/d"),
        ("<@1> sudo **make** https://example.com/a 😂 u", "someone sudo make a link to example laughing u"),
        ("cd DIR && serve k", "cd DIR and serve k"),
        ("find . -iname k | wc", "find . -iname k, wc"),
        ("apt install tea & run u", "apt install tea and run u"),
    ],
)
def test_on_a_technical_line_only_what_is_certain_is_rewritten(text: str, said: str) -> None:
    assert en(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("make it/them 2x stronger lol", "make it, them 2 times stronger haha"),
        ("git gud lol", "git gud haha"),
        ("find https://example.com/a lol", "find a link to example haha"),
        ("=sam= you should try it", "sam you should try it"),
        ("Node.js is nice lol", "Node.js is nice haha"),
        ("me -> u, gg", "me to you, good game"),
        ("the cat is 5km away, brb", "the cat is 5 kilometres away, be right back"),
    ],
)
def test_a_word_that_is_also_a_command_makes_no_line_technical(text: str, said: str) -> None:
    assert en(text) == said


def test_a_line_with_a_command_is_not_shouted_and_the_next_line_is() -> None:
    assert not clean_message(ChatMessage("then sudo make FORCE"), Reading("en")).cues
    assert clean_message(ChatMessage("then sudo make FORCE\nit is BROKEN"), Reading("en")).cues


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("text and &txt are two kinds", "text and txt are two kinds"),
        ("is that an &txt ?", "is that an txt?"),
        ("me &you, salt & pepper, B&B", "me and you, salt and pepper, B and B"),
        ("all of it goes to /dev/null & ?", "all of it goes to /dev/null?"),
        ("!clip > sam", "!clip, sam"),
        ("w e l l p l a y e d u k n o w", "w e l l p l a y e d u k n o w"),
        ("how r u", "how are you"),
        ("r", "r"),
        ("k", "okay"),
    ],
)
def test_what_joins_nothing_and_letters_that_are_spelled(text: str, said: str) -> None:
    assert en(text) == said
