"""Chinese words for what cannot be read: to be heard, not read. Used through ``Vocabulary``."""

from bot.normalization.vocabulary import Vocabulary, pairs, table

_PHRASES = {
    "comma": "、",
    "and": "和",
    "someone": "某人",
    "role": "某个身份组",
    "channel": "某个频道",
    "named_channel": "{name}频道",
    "everyone": "所有人",
    "here": "在线的各位",
    "command": "{name}命令",
    "place": "{name}",
    "reddit_user": "用户{name}",
    "reddit_forum": "{name}版",
    "link": "一个链接",
    "link_to": "一个{name}链接",
    "links": "{count}个链接",
    "gif": "一张动图",
    "mail": "一个邮箱地址",
    "phone": "一个电话号码",
    "invite": "一个服务器邀请",
    "message_link": "一条消息的链接",
    "code": "一小段代码",
    "code_block": "一段代码",
    "code_block_in": "一段{name}代码",
    "spoiler": "剧透",
    "quote": "引用：",
    "more_emoji": "还有{count}个表情",
    "flag": "{name}国旗",
    "smash": "一通乱打",
    "long_number": "一个{count}位数字",
    "long_word": "一长串字符",
    "moment": "{day}{clock}",
    "time": "某个时间",
    "past": "{span}前",
    "future": "{span}后",
    "present": "现在",
    "bleep": "哔",
    "star": "星号",
    "dot": "点",
    "hash": "井号",
    "braces": "花括号",
    "brackets": "方括号",
    "cut": "……后面省略",
    "what": "什么？",
    "says": "{name}说：",
    "says_to": "{name}对{other}说：",
    "says_forward": "{name}转发{other}的消息：",
    "says_forward_unknown": "{name}转发：",
    "to": "回复{other}：",
    "forward": "转发{other}的消息：",
    "forward_unknown": "转发消息：",
    "sent": "{name}发了{things}",
    "sent_to": "{name}给{other}发了{things}",
    "with": "，附{things}",
    "sticker": "贴纸{name}",
    "sticker_unnamed": "一张贴纸",
    "stickers": "贴纸{names}",
    "more_stickers": "另外{count}张",
    "voice_short": "一条{seconds}秒的语音",
    "voice_long": "一条{span}的语音",
    "voice_vowel": "一条{seconds}秒的语音",
    "video_long": "一段{span}的视频消息",
    "poll": "投票：{question}",
    "poll_options": " 选项：{options}",
    "poll_option_and": "、",
    "more_options": "还有{count}个",
    "hashtag": "话题{name}",
    "number": "{number}号",
    "range": "{low}到{high}",
    "about": "大约{number}",
    "some_more": "多",
    "per": "每{unit}",
    "per_second": "每秒",
    "power": "{base}的{exponent}次方",
    "below": "零下",
    "minus": "负",
    "mixed": "{whole}又{part}",
    "decade": "{number}年代",
    "date": "{month}{day}日",
    "date_year": "{year}年{month}{day}日",
    "weekday": "{date}{weekday}",
    "cents": "{whole}点{cents}{unit}",
    "money": "{number}{unit}",
    "by": "{left}乘{right}",
    "fold": "{number}倍",
    "always": "全天",
    "pause": "，",
    "stop": "。",
}
_SLANG = """
yyds 永远的神|xswl 笑死我了|awsl 啊我死了|nsdd 你说得对|zqsg 真情实感|u1s1 有一说一|yysy 有一说一|dbq 对不起
bdjw 不懂就问|srds 虽然但是|ssfd 瑟瑟发抖|plmm 漂亮妹妹|pljj 漂亮姐姐|pyq 朋友圈|xdm 兄弟们|jms 姐妹们|3q 谢谢
gkd 搞快点|kswl 嗑死我了|kdl 嗑到了|tql 太强了|nbcs 没人在乎|drl 打扰了|xjj 小姐姐|xgg 小哥哥|yygq 阴阳怪气
yxh 营销号|blx 玻璃心|szd 是真的|bhys 不好意思|xfxy 腥风血雨|bj4 不解释|ojbk 可以的|hhsh 好好说话|xhs 小红书
wyy 网易云|emm 呃|emmm 呃|emmmm 呃|lmao 哈哈哈|lol 哈哈|rofl 哈哈哈|omg 我的天|btw 顺便说一句|brb 马上回来
afk 暂时离开|thx 谢谢|ty 谢谢|tysm 太谢谢了|pls 拜托|plz 拜托|np 没关系|gg 打得不错|ggwp 打得不错|glhf 祝好运
idk 我不知道|idc 无所谓|imo 我觉得|imho 依我看|asap 尽快|tmr 明天|tbh 说实话|irl 现实中|fyi 供你参考|nvm 没事了
wtf 什么鬼|dm 私信|ngl 不得不说|jk 开玩笑|gn 晚安|gm 早上好|cya 再见|ttyl 回头聊|rip 安息|vs 对|w/ 带|w/o 不带|w/e 随便
tat 大哭|bf 男朋友|gf 女朋友|kk 好的|c# C井|f# F井|c++ C加加
"""
_NUMBERS = """
88 拜拜|886 拜拜啦|520 我爱你|521 我爱你|1314 一生一世|5201314 我爱你一生一世|7456 气死我了|9494 就是就是
"""
_MASKED = """
他*的 她*的 你*的 去*的 特*的 妈*的 奶*的 操*的 狗*的 日*的 卧* 我* 草* 操* 傻* 沙* 煞* 装* 逼* 尼*
二* 贱* 婊* 妈* 屌* *逼 *你妈 *你 *妈 *蛋
"""
_EMOJI = """
😂 笑哭|⚡ 闪电|🤣 笑翻|😭 大哭|😢 流泪|😍 花痴|🥰 满脸爱心|😊 微笑|🙂 微笑|😀 笑脸|😃 笑脸|😄 笑脸|😁 嘻嘻
😆 大笑|😅 尴尬笑|😉 眨眼|😎 酷|🙃 倒脸|😡 生气|😠 生气|😤 哼|😱 吓死了|😴 睡着了|🤔 思考|🤨 挑眉
😏 坏笑|😒 不高兴|🙄 白眼|😬 龇牙|🤡 小丑|💀 骷髅|🥺 可怜巴巴|🥲 笑中带泪|🫡 敬礼|🤗 抱抱|😘 飞吻
😋 好吃|👍 赞|👎 踩|👌 好的|✌ 耶|🤞 祈祷好运|👏 鼓掌|🙏 拜托|💪 加油|👀 围观|👋 挥手|🤷 摊手|🤦 捂脸
❤ 爱心|♥ 爱心|💔 心碎|🔥 火|🎉 撒花|💯 一百分|✅ 对勾|✔ 对勾|❌ 叉|☕ 咖啡|💩 便便|🆗 好的|🆘 求救|🅰 A
🅱 B|🅾 O|🆎 AB|🐶 狗狗|🐱 猫猫|🌹 玫瑰|🎂 蛋糕|🔟 十|☠ 骷髅
👉👈 害羞|👉 指右边|👈 指左边|👆 指上面|☝ 指上面|👇 指下面
"""
_EMOTICONS = """
smile 微笑|grin 大笑|laugh 笑|sad 难过|cry 大哭|angry 生气|wink 眨眼|tongue 吐舌头|surprised 惊讶|unsure 无语
blank 面无表情|heart 爱心|heartbreak 心碎|kiss 亲亲|cat 猫猫笑|happy 开心|annoyed 无语|puzzled 疑惑
frustrated 抓狂|cute 可爱|cool 酷|shrug 摊手|flip 掀桌|unflip 摆好桌子|smirk 坏笑|stern 凝视|hug 抱抱|bear 小熊
shocked 震惊|kneel 跪了|wave 挥手|sealed 闭嘴|sidelong 斜眼
"""
_SITES = """
youtube.com 油管|youtu.be 油管|github.com GitHub|google.* 谷歌|reddit.com Reddit|redd.it Reddit|twitter.com 推特
x.com 推特|t.me Telegram|telegram.org Telegram|telegram.me Telegram|wikipedia.org 维基百科|imdb.com IMDb
bbc.com BBC|bbc.co.uk BBC|amazon.* 亚马逊|twitch.tv Twitch|spotify.com Spotify|spotify Spotify
steampowered.com Steam|steamcommunity.com Steam|steam Steam|discord.com Discord|discordapp.com Discord
discord.gg Discord|discord Discord|tiktok.com TikTok|instagram.com Instagram|facebook.com 脸书|fb.com 脸书
fb.me 脸书|bilibili.com 哔哩哔哩|b23.tv 哔哩哔哩|weibo.com 微博|weibo.cn 微博|zhihu.com 知乎|baidu.com 百度
taobao.com 淘宝|tb.cn 淘宝|tmall.com 天猫|jd.com 京东|qq.com 腾讯|163.com 网易|douyin.com 抖音
xiaohongshu.com 小红书|xhslink.com 小红书|douban.com 豆瓣|kuaishou.com 快手|pinduoduo.com 拼多多|csdn.net CSDN
apple.com 苹果|microsoft.com 微软|netflix.com 网飞|mi.com 小米|xiaomi.com 小米|weixin.qq.com 微信
"""
_UNITS = """
km 公里|cm 厘米|mm 毫米|m 米|mi 英里|ft 英尺|kg 公斤|mg 毫克|g 克|lb 磅|lbs 磅|oz 盎司|ml 毫升|l 升
km/h 公里每小时|kmh 公里每小时|kph 公里每小时|mph 英里每小时|m/s 米每秒|kb KB|mb 兆|gb G|tb T|mbps 兆每秒
ms 毫秒|s 秒|sec 秒|min 分钟|mins 分钟|h 小时|hr 小时|hrs 小时|hz 赫兹|khz 千赫|mhz 兆赫|ghz 吉赫|w 瓦|kw 千瓦
kwh 度电|v 伏|mah 毫安时|fps 帧|px 像素|°c 摄氏度|℃ 摄氏度|°f 华氏度|℉ 华氏度|° 度|m² 平方米|m2 平方米|㎡ 平方米
km² 平方公里|m³ 立方米|kcal 千卡
"""
_MONEY = """
$ 美元|€ 欧元|£ 英镑|¥ 元|￥ 元|₹ 卢比|₩ 韩元|₽ 卢布|₿ 比特币
"""
_SIGNS = {
    "&": "和", "+": "加", "=": "等于", "<": "小于", ">": "大于", "≤": "小于等于", "≥": "大于等于", "≠": "不等于",
    "≈": "约等于", "±": "正负", "×": "乘以", "÷": "除以", "*": "乘以", "/": "除以", "→": "到", "->": "到", "=>": "到",
    "-->": "到", "<-": "来自", "<->": "和", "@": "at", "°": "度", "№": "编号", "§": "第", "½": "二分之一",
    "¼": "四分之一", "¾": "四分之三", "⅓": "三分之一", "⅔": "三分之二", "==": "等于", "!=": "不等于", ">=": "大于等于",
    "<=": "小于等于", "&&": "和",
}  # fmt: skip
_ACTIONS = """
叹气 sigh|叹了口气 sigh|叹息 sigh|长叹 sigh|长叹一口气 sigh|sigh sigh|sighs sigh|笑 laugh|大笑 laugh
哈哈大笑 laugh|轻笑 laugh|偷笑 laugh|laughs laugh|咳 cough|咳嗽 cough|轻咳 cough|coughs cough|哭 sob|大哭 sob
哭泣 sob|抽泣 sob|啜泣 sob|哽咽 sob|倒吸一口气 gasp|吸气 gasp|惊呼 gasp|打哈欠 yawn|哈欠 yawn|打喷嚏 sneeze
喷嚏 sneeze|吸鼻子 sniff|抽鼻子 sniff|呻吟 groan|咽口水 gulp|吞口水 gulp|清嗓子 throat|清清嗓子 throat
"""
_KINDS = """
image 一张图片,{count}张图片|gif 一张动图,{count}张动图|video 一个视频,{count}个视频
video_note 一段视频消息,{count}段视频消息|audio 一段音频,{count}段音频|voice 一条语音,{count}条语音
text 一个文本文件,{count}个文本文件|script 一个代码文件,{count}个代码文件|archive 一个压缩包,{count}个压缩包
program 一个程序,{count}个程序|document 一个文档,{count}个文档|contact 一张名片,{count}张名片
place 一个位置,{count}个位置|file 一个文件,{count}个文件
"""

CHINESE = Vocabulary(
    language="zh",
    phrases=_PHRASES,
    tags={
        "laugh": "笑", "emphasis": "强调", "whisper": "低语", "sigh": "叹气", "cough": "咳嗽", "sob": "抽泣",
        "gasp": "吸气", "yawn": "打哈欠", "sneeze": "打喷嚏", "sniff": "抽鼻子", "groan": "呜咽", "gulp": "吞咽",
        "throat": "清嗓子",
    },
    aloud={
        "laugh": "哈哈", "sigh": "唉", "cough": "咳咳", "sob": "呜呜", "gasp": "哇", "yawn": "啊", "sneeze": "阿嚏",
        "sniff": "嗯", "groan": "呃", "gulp": "咕嘟", "throat": "嗯哼",
    },
    actions=table(_ACTIONS, last=True),
    slang=table(_SLANG),
    masked=frozenset(_MASKED.split()),
    numbers=table(_NUMBERS),
    laughter={
        "ha": "哈哈哈", "he": "嘿嘿嘿", "hi": "嘻嘻嘻", "ho": "呵呵呵", "ja": "哈哈哈", "lo": "哈哈", "je": "嘿嘿嘿",
        "哈": "哈哈哈", "嘿": "嘿嘿嘿", "呵": "呵呵呵", "嘻": "嘻嘻嘻", "h": "哈哈哈", "23": "哈哈哈", "5": "呜呜呜",
        "6": "六六六",
    },
    emoji=table(_EMOJI),
    emoticons=table(_EMOTICONS),
    sites=table(_SITES),
    units=pairs(_UNITS, ""),
    money=pairs(_MONEY, ""),
    signs=_SIGNS,
    kinds=pairs(_KINDS, ""),
    places={
        "guide": "服务器指南", "browse": "浏览频道", "customize": "频道和身份组", "home": "服务器指南",
        "linked-roles": "关联身份组",
    },
    months=tuple(f"{number}月" for number in range(1, 13)),
    days=("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    spans=pairs(
        "second {count}秒|minute {count}分钟|hour {count}小时|day {count}天|month {count}个月|year {count}年", ""
    ),
)  # fmt: skip
"""Chinese."""
