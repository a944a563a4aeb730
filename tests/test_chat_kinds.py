"""Kinds of messages that were read wrongly once: each with inputs that were seen, and others of the same kind."""

import pytest

from bot.normalization.clean import clean, clean_message
from bot.normalization.mentions import spoken_name
from bot.normalization.message import ChatMessage, Reading, VocalCues
from bot.providers.builtin.runs import dropped_tags, split_runs
from tests.chat_said import en, zh


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("use <name> and <email> here", "use name and email here"),
        ("<eos>", "eos"),
        ("sudo dpkg-reconfigure <package>", "sudo dpkg-reconfigure package"),
        ("mount <source> <target>", "mount source target"),
        ("press <enter> or <esc>", "press enter or esc"),
        ("vector<int> v", "vector int v"),
        ("git clone <url>", "git clone url"),
        ("<i think so>", "i think so"),
        ("</foo>bar", "foo bar"),
        ("x <y", "x y"),
        ("&lt;name&gt; is", "name is"),
        ("＜name＞ is", "name is"),
        ("<na\u200bme> is", "name is"),
        ("<名字>你好", "名字你好"),
        ("〈红楼梦〉很好", "红楼梦很好"),
        ("<b>bold</b>ly <i>so</i>", "boldly so"),
        ("one<br>two", "one two"),
        ("<title>Hi</title>", "Hi"),
        ("<font color=red>hi</font>", "hi"),
        ("<img src=x onerror=alert>hi", "hi"),
        ("<name><style>x</style>", "name x"),
        ("<st<b>yle>x", "x"),
        ("<name <style>x", "name x"),
    ],
)
def test_words_in_angle_brackets_stay_and_elements_go(text: str, said: str) -> None:
    assert clean(text) == said
    assert en(text) == said


def test_a_comparison_written_like_an_element_is_one() -> None:
    assert clean("if a<b and c>d then stop") == "if a < b and c > d then stop"
    assert en("if a<b and c>d then stop") == "if a less than b and c greater than d then stop"
    assert zh("如果a<b and c>d就停") == "如果a小于b and c大于d就停"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("back in 10m, 3h 20m left", "back in 10 minutes, 3 hours 20 minutes left"),
        ("5m ago", "5 minutes ago"),
        ("brb 5m", "be right back 5 minutes"),
        ("1h 5m 3s", "1 hour 5 minutes 3 seconds"),
        ("it took 1m30s", "it took 1 minute 30 seconds"),
        ("10m of cable", "10 metres of cable"),
        ("I ran 100m", "I ran 100 metres"),
        ("a 100m sprint", "a 100 metre sprint"),
        ("about 10m", "about 10m"),
        ("5g phone", "5g phone"),
        ("802.11g", "802.11g"),
        ("160g drive", "160 gigabyte drive"),
        ("30g of sugar", "30 grams of sugar"),
        ("my 6s died", "my 6s died"),
        ("+2s", "plus 2s"),
        ("wait 5s", "wait 5 seconds"),
        ("1.5s", "1.5 seconds"),
        ("60MB binary", "60 megabyte binary"),
        ("60MB free", "60 megabytes free"),
    ],
)
def test_a_letter_behind_a_number_is_a_unit_where_its_neighbours_say_so(text: str, said: str) -> None:
    assert en(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("等我10m", "等我10分钟"),
        ("5m后见", "5分钟后见"),
        ("身高1.8m", "身高1.8米"),
        ("100m短跑", "100米短跑"),
        ("刚充了1g", "刚充了1g"),
        ("5g手机", "5g手机"),
        ("加5g糖", "加5克糖"),
        ("还剩1g流量", "还剩1G流量"),
        ("我的6s坏了", "我的6s坏了"),
        ("10s后", "10秒后"),
        ("3h20m", "3小时20分钟"),
        ("5m", "5m"),
    ],
)
def test_the_same_in_chinese(text: str, said: str) -> None:
    assert zh(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$100 dollars", "100 dollars"),
        ("$5 USD", "5 dollars"),
        ("5€ EUR", "5 euros"),
        ("£20 quid", "20 pounds"),
        ("$5k dollars", "5 thousand dollars"),
        ("$5 AUD", "5 AUD"),
        ("¥500 yen", "500 yen"),
        ("5kg kilograms", "5 kilograms"),
        ("20℃ degrees", "20 degrees Celsius"),
        ("$5 and 5 dollars", "5 dollars and 5 dollars"),
    ],
)
def test_a_currency_or_a_unit_is_said_once(text: str, said: str) -> None:
    assert en(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("价格¥100元", "价格100元"),
        ("￥5元钱", "5元"),
        ("$100美元", "100美元"),
        ("¥100日元", "100日元"),
        ("¥5万元", "5万元"),
        ("20℃度", "20摄氏度"),
        ("5kg公斤", "5公斤"),
        ("百分之50%", "百分之50"),
    ],
)
def test_the_same_once_in_chinese(text: str, said: str) -> None:
    assert zh(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<3333", "heart"),
        ("I <3 you", "I heart you"),
        ("x<3", "x less than 3"),
        (":DD", "grin"),
        ("hi :((", "hi, sad face"),
        ("lol :)))", "haha, smile"),
        ("hi =P", "hi, tongue out"),
        ("a=P", "a equals P"),
        ("hi :x", "hi, lips sealed"),
        ("std::x", "std:x"),
        (">3<", "cute"),
        ("←_← ok", "side eye, ok"),
        ("<_<", "side eye"),
        ("@_@", "puzzled"),
        ("T^T", "crying"),
        ("2^2", "2 to the power of 2"),
        ("(⊙o⊙)…", "shocked…"),
        ("(｡･ω･｡)ﾉ", "cute"),
        ("w(ﾟДﾟ)w", "shocked"),
        ("(╯‵□′)╯︵┻━┻", "table flip"),
        ("(ง •_•)ง", "blank look"),
        ("(see above)", "see above"),
        ("(x^2)", "x to the power of 2"),
        ("version 0.0", "version 0.0"),
        ("0.0", "0.0"),
        ("it is 10:00", "it is 10:00"),
        ("foo_bar", "foo bar"),
        ("(^_^)", "smile"),
        ("¯\\_(ツ)_/¯", "shrug"),
        (":'( no", "crying, no"),
        ("f(x) < 3", "f, x, less than 3"),
    ],
)
def test_faces_are_known_before_their_signs(text: str, said: str) -> None:
    assert en(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("好吧0.0", "好吧，惊讶"),
        ("价格0.0元", "价格0.0元"),
        ("→_→尽情想象", "斜眼，尽情想象"),
        ("是富春街⊙﹏⊙", "是富春街，震惊"),
        ("╭(╯ε╰)╮简直不能愉快的交谈", "亲亲，简直不能愉快的交谈"),
        ("好久不见(*¯︶¯*)", "好久不见，开心"),
        ("_(:з」∠)_", ""),
        ("哎(⊙o⊙)…那快搬走吧", "哎，震惊…那快搬走吧"),
        ("ＱＡＱ我靠", "大哭我靠"),
        ("T^T泪奔", "大哭，泪奔"),
        ("o(∩_∩)o", ""),
        ("ヾ(≧▽≦*)o", "开心"),
        ("(￣ε(#￣)", "生气"),
        ("好的:)", "好的，微笑"),
        ("（注：不含税）", "注：不含税"),
        ("哈哈>_<", "哈哈，抓狂"),
        ("( •̀ ω •́ )y", "可爱"),
        ("2.0.0版", "2.0.0版"),
        ("（笑）好", "笑，好"),
    ],
)
def test_faces_in_chinese_chat(text: str, said: str) -> None:
    assert zh(text) == said


def test_faces_are_left_out_where_a_place_wants_none() -> None:
    reading = Reading("en", VocalCues.off(), skip_emoji=True)
    for face in ("<333", ":DD", "(⊙o⊙)", "→_→", "(ﾉ◕ヮ◕)ﾉ", ">3<"):
        assert clean_message(ChatMessage(f"well {face}"), reading).text == "well"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("macs are slow <-- my opinion", "macs are slow, my opinion"),
        ("you <--- this guy", "you, this guy"),
        ("see this ← that one here", "see this, that one here"),
        ("c <- d", "c from d"),
        ("a -> b", "a to b"),
        ("no prob", "no problem"),
        ("the prob is that", "the problem is that"),
        ("I'll prob go", "I'll probably go"),
        ("no probs", "no problems"),
        ("why tf", "why the heck"),
        ("tf is this", "what the heck is this"),
        ("use tf 2", "use tf 2"),
        ("open til 5", "open til 5"),
        ("TIL that bees sleep", "today I learned that bees sleep"),
        ("wp is down", "wp is down"),
        ("gg wp", "good game well played"),
        ("np.array", "np.array"),
        ("file.tar.gz", "file.tar.gz"),
        ("qwerty keyboard", "qwerty keyboard"),
        ("chkdsk and glxgears", "chkdsk and glxgears"),
        ("dvdrip", "dvdrip"),
        ("librsvg", "librsvg"),
        ("libxkbcommon", "libxkbcommon"),
        ("Brzezinski", "Brzezinski"),
        ("vsftpd", "vsftpd"),
        ("dkjfghdkjfgh", "keyboard smash"),
        ("qwertyuiop", "keyboard smash"),
        ("hjkhjk", "keyboard smash"),
        ("https://t.co/x", "a link"),
        ("https://t.cn/x", "a link"),
        ("https://t.me/x", "a link to Telegram"),
        ("https://x.org/a", "a link"),
        ("https://docs.google.com/d", "a link to Google Docs"),
        ("https://google.co.uk/", "a link to Google"),
        ("https://youtube.com.evil.net/", "a link to evil"),
        ("https://youtube.com@evil.com/", "a link to evil"),
        ("https://foo.github.io/", "a link to foo"),
    ],
)
def test_arrows_chat_words_smashes_and_sites(text: str, said: str) -> None:
    assert en(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("🅷🅴🅻🅻🅾", "HELLO"),
        ("ℍ𝕖𝕝𝕝𝕠", "Hello"),
        ("𝒽ℯ𝓁𝓁ℴ", "hello"),
        ("🇧 🇴 🇴 🇰", "BOOK"),
        ("🇭🇪🇱🇱🇴", "HELLO"),
        ("🇩🇪 🇫🇷", "flag of Germany, flag of France"),
        ("ᴴᵉˡˡᵒ", "Hello"),
        ("World War Ⅱ", "World War 2"),
        ("50㎝", "50 centimetres"),
        ("x²+y²", "x to the power of 2 plus y to the power of 2"),
        ("5 m²", "5 square metres"),
        ("H₂O", "H2O"),
        ("①②③", "1 2 3"),
        ("🅰", "A"),
    ],
)
def test_letters_in_costume_are_letters(text: str, said: str) -> None:
    assert en(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("❶打开❷点击", "1打开2点击"),
        ("㈠", "一"),
        ("第Ⅳ章", "第4章"),
        ("5㎏大米", "5公斤大米"),
        ("x²+y²", "x的2次方加y的2次方"),
    ],
)
def test_letters_in_costume_in_chinese(text: str, said: str) -> None:
    assert zh(text) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [("ꜱᴀᴍ ɢʀᴇᴇɴ", "sam green"), ("🅂🄰🄼", "SAM"), ("🅷🅴🆈", "HEY"), ("𝓢𝓪𝓶", "Sam"), ("ㅤ", ""), ("ﾠ\u2800\u115f", "")],
)
def test_names_in_costume_and_names_that_cannot_be_seen(name: str, said: str) -> None:
    assert spoken_name(name) == said
    reading = Reading("en", VocalCues.off(), say_names=True)
    assert clean_message(ChatMessage("hi", author=name), reading).text == f"{said or 'someone'} says: hi"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("and/or", "and or"),
        ("username/password", "username, password"),
        ("/var/log/x.log", "/var/log/x.log"),
        ("rm ~/.cache now", "rm ~/.cache now"),
        ("edit src/my_main.py.", "edit src/my_main.py."),
        (r"open C:\Users\sam", r"open C:\Users\sam"),
        ("#off-topic", "hashtag off topic"),
        ("use .env file", "use .env file"),
        ("see !fstab", "see !fstab"),
        ("hello , you", "hello, you"),
        ("C++20 rocks", "C plus plus 20 rocks"),
        ("a+b", "a plus b"),
        ("settings > upgrades", "settings, upgrades"),
        ("Settings > Privacy > Data", "Settings, Privacy, Data"),
        ("a > b", "a greater than b"),
        ("5 > 3", "5 greater than 3"),
        ("[lol][lol][lol] ok", "haha, ok"),
        ("[doge][doge][笑cry]", "doge, 笑cry"),
        ("www.youtube.com", "a link to YouTube"),
    ],
)
def test_signs_that_join(text: str, said: str) -> None:
    assert en(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("狂风+大雨", "狂风加大雨"), ("希望+1", "希望加1"), ("10+人", "10多人"), ("设置 > 通用", "设置，通用"),
        ("男/女", "男，女"),
        ("[挖鼻屎][挖鼻屎][挖鼻屎]", "挖鼻屎"), ("[挖鼻屎][挖鼻屎]学我！[挖鼻屎]", "挖鼻屎，学我！挖鼻屎"),
    ],
)  # fmt: skip
def test_signs_that_join_in_chinese(text: str, said: str) -> None:
    assert zh(text) == said


@pytest.mark.parametrize(
    "tag",
    [
        "(sudden laugh)",
        "（突然大笑）",
        "(laughs suddenly)",
        "（忍不住笑了）",
        "[轻轻叹气]",
        "(sighs with relief)",
        "【冷笑着】",
    ],
)
def test_a_tag_that_says_how_is_a_tag_and_is_left_out_by_an_engine_without_it(tag: str) -> None:
    text = f"{tag} he ate the whole cake"
    assert clean(text) == text
    assert dropped_tags(text) == (tag,)
    assert [run.text for run in split_runs(text, "en")] == ["he ate the whole cake"]


@pytest.mark.parametrize(
    "words", ["(see page 3)", "(in the house)", "（突然）", "（大家好）", "(of course)", "(in out)", "【好笑】"]
)
def test_words_in_brackets_are_no_tags(words: str) -> None:
    assert dropped_tags(words) == ()


@pytest.mark.parametrize(
    "text", ["look https://youtu.be/x 🔥", "🎉", "<:blob_fox:1> :smile:", "www.reddit.com/r/aww", "👍👍"]
)
def test_say_names_links_and_emoji_as_reading_aloud_does(text: str) -> None:
    assert clean(text) == en(text)


@pytest.mark.parametrize(
    "text",
    ["can't open display :0", "run screen -xd", "foo.xd", "see !apt, please", "it is /usr/bin here", "16.04 or later"],
)
def test_what_programs_write_is_no_face(text: str) -> None:
    assert en(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("it starts with #!/usr/bin/env", "it starts with /usr/bin/env"),
        ("use git log --all please", "use git log --all please"),
        ("well -- maybe", "well - maybe"),
        ("set path=/opt/tool here", "set path=/opt/tool here"),
        ("it copies 3 files/sec", "it copies 3 files per second"),
        ("I get 2 breaks/day", "I get 2 breaks per day"),
        ("you are mean >:-<", "you are mean, angry face"),
        ("the sign says 'KEEP OFF THE GRASS'", "the sign says ' [emphasis] KEEP OFF THE GRASS'"),
        ("I sell RAID,SCSI,CABLES here", "I sell RAID,SCSI,CABLES here"),
        ("really~~~ yes", "really yes"),
        ("zoom 8X please", "zoom 8 times please"),
        ("ᐃᓄᒃᑎᑐᑦ ᐸᐅᒃ ᐳᐃᔨ", "ᐃᓄᒃᑎᑐᑦ ᐸᐅᒃ ᐳᐃᔨ"),
        ("ᐸbᐳbold", "bold"),
        ("it runs on TRUENAS 13.0 here", "it runs on TRUENAS 13.0 here"),
        ("MOON_walker: hello", "MOON walker: hello"),
        ("set MAX_RETRIES first", "set MAX RETRIES first"),
        ("I ate it all :þ", "I ate it all, tongue out"),
        ("he still uses windows xP at work", "he still uses windows xP at work"),
        ("it loads 80MB/s now", "it loads 80 megabytes per second now"),
        ("type -> make run <- and wait", "type, make run, and wait"),
        ("any GNOME users here? my SMART data is fine", "any GNOME users here? my SMART data is fine"),
        ("cd /media/OLD BACKUP please", "cd /media/OLD BACKUP please"),
        ("/msg ChanServ IDENTIFY first", "/msg ChanServ IDENTIFY first"),
        ("take !Xfce, !KDE or Ubuntu !MATE", "take !Xfce, !KDE or Ubuntu !MATE"),
        ("what a mess :o)", "what a mess, smile"),
        ("https://example.com/log < can you look", "a link to example, can you look"),
        ("cats < dogs", "cats less than dogs"),
        ("read this ^^^^", "read this"),
        ("then ssh admin@box.example.com and wait", "then ssh admin@box.example.com and wait"),
        ("write to admin@box.example.com", "write to an e-mail address"),
        ("set $EDITOR first, then PAGER=less", "set $EDITOR first, then PAGER=less"),
        ("s/tipes/types/", "s/tipes/types/"),
        ("run wget ab.cx/go now", "run wget ab.cx/go now"),
        ("I can`t see what`s wrong", "I can't see what's wrong"),
        ("use `t` or `s` here", "use t or s here"),
        ("iptables -j MASQUERADE please", "iptables -j MASQUERADE please"),
        ("it died again -.-'", "it died again, annoyed"),
        ("then sudo ./build/all please", "then sudo ./build/all please"),
        ("now cd parts/left-wing", "now cd parts/left-wing"),
        ("it works ./", "it works ./"),
        ("look into conf/site.d/main.conf please", "look into conf/site.d/main.conf please"),
        ("2021-03-04T05:06:07.89+0200 it began", "2021-03-04T05:06:07.89+0200 it began"),
        ("set LEVEL=:2 before you start", "set LEVEL equals :2 before you start"),
        ("edit /opt/conf.d/?dm by hand", "edit /opt/conf.d/?dm by hand"),
        ("run ls ../*.txt once", "run ls ../star.txt once"),
        ("my pin is S@turn", "my pin is S@turn"),
        ("built for boards-$(arch -k) only", "built for boards-arch -k only"),
        ("the strftime part is %k or %tf", "the strftime part is %k or %tf"),
        ("it froze in FREEBSD and JENKINS", "it froze in FREEBSD and JENKINS"),
        ("it is BROKEN", "it is [emphasis] BROKEN"),
        ("make a disk(USB)/card", "make a disk, USB, card"),
        ("open Tools ->Options and wait", "open Tools, Options and wait"),
        ("the log is here => https://example.com/x", "the log is here, a link to example"),
        ("he walked -> that way", "he walked, that way"),
        ("cats/dogs and file/s on vg0/root", "cats, dogs and file/s on vg0/root"),
        ("my French is not good:)", "my French is not good, smile"),
        ("(as I said:) fine", "as I said: fine"),
        ("a '&' between", "a 'and' between"),
        ("look at 0000aa99bc87654321 please", "look at 0000aa99bc87654321 please"),
        ("copy /mnt/Old\\ Disk/a now", "copy /mnt/Old Disk/a now"),
        ("it is in build\\win\\out here", "it is in build\\win\\out here"),
        ("I like r&b", "I like r and b"),
        ("we ship it in en/fr", "we ship it in en/fr"),
        ("set __MAX_LIVE_JOBS now", "set MAX LIVE JOBS now"),
        ("well done :>", "well done, smile"),
        ("it takes about ~40 tries", "it takes about 40 tries"),
        ("fine by me : )", "fine by me, smile"),
        ("what is this :-? nobody", "what is this not sure nobody"),
        ("built 2011 x86 only", "built 2011 x86 only"),
        ("send '{{NAME_HERE}}' to me", "send 'NAME HERE' to me"),
        ("in /var/$(id -u)/logs/old now", "in /var/id -u/logs/old now"),
        ("the job says QUEUEING now", "the job says QUEUEING now"),
        ("an ARM SOC here", "an ARM SOC here"),
        ("browser-> open it", "browser, open it"),
        ("it broke again =/", "it broke again, not sure"),
        ("both GET/POST work", "both GET/POST work"),
        ("type ? for help", "type ? for help"),
        ("it runs n*12 times", "it runs n times 12 times"),
        ("see Edit >> Colours >> More", "see Edit, Colours, More"),
        ("amy@old-box:~$ reboot", "amy@old-box:~$ reboot"),
        ("sort < names.txt please", "sort, names.txt please"),
        ("I looked--- no luck", "I looked - no luck"),
    ],
)
def test_what_programs_and_hands_write(text: str, said: str) -> None:
    assert clean_message(ChatMessage(text), Reading("en")).text == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("明天见：）", "明天见，微笑"), ("没票了：（", "没票了，难过"), ("要求：（一）准时", "要求：一，准时"),
        ("（注意：）", "注意："), ("好难过π_π", "好难过，大哭"), ("累死了/_\\回家", "累死了难过回家"),
        ("多谢啦~20号见", "多谢啦 20号见"), ("要~20分钟", "要大约20分钟"),
        ("我买了5X手机", "我买了5X手机"), ("快了5x", "快了5倍"),
        ("带我一个//@小明: 走吧", "带我一个，小明: 走吧"), ("有WOW,DOTA,MIX三个", "有WOW,DOTA,MIX三个"),
        ("哎~~~妈呀", "哎 妈呀"), ("走啦~~~快点~~~~", "走啦 快点"),
        ("哇(σﾟ∀ﾟ)σ加油", "哇开心加油"), ("唱歌（＾Ｏ＾☆♪真好", "唱歌，开心 真好"),
        ("哪里有==我不信", "哪里有，我不信"), ("就是他→→别说了", "就是他，别说了"),
        ("躺下_(:з)∠)_不动", "躺下 不动"), ("谢谢你✪ω✪", "谢谢你，开心"),
        ("=。=你说呢", "无语，你说呢"), ("开饭\\(≧▽≦)/", "开饭，开心"),
        ("笑死ヾﾉ≧∀≦)o", "笑死，开心"), ("他是xdd的朋友", "他是xdd的朋友"),
        ("快到80MB/S了", "快到80兆每秒了"),
        ("小心闪电⚡", "小心闪电"), ("躺平_(：3」∠)_", "躺平"), ("出发٩(๑ơలơ)۶", "出发"),
        ("气人(#‵′)", "气人，生气"), ("没了(。ˇ‸ˇ。)", "没了，抓狂"),
        ("好尴尬•﹏•", "好尴尬，抓狂"), ("拜拜o∩_∩o", "拜拜，开心"),
    ],
)  # fmt: skip
def test_what_hands_write_in_chinese(text: str, said: str) -> None:
    assert clean_message(ChatMessage(text), Reading("zh")).text == said
