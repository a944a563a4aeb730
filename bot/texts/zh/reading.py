"""Chinese: settings of reading aloud: names, dictionaries, who is read."""

SENTENCES: dict[str, str] = {
    "reading.template": "名字模板里必须有一个 {{name}}，不能有别的大括号：{{name}}说",
    "reading.characters": "每条消息可以朗读 {least} 到 {limit} 个字符。",
    "reading.alone": "独自等待的时间为 {least} 到 {limit} 秒。",
    "reading.quiet": "请写一天中的时间，例如 22:30。",
    "reading.zone": "没有这个时区。应为 IANA 名称，例如 Asia/Shanghai。",
    "reading.ignored_full": "这里最多只能忽略 {limit} 个人。",
    "dictionary.full": "词典最多 {limit} 条；请先删除一条。",
    "dictionary.empty": "词条需要有一个词。",
    "dictionary.too_long": "超过了这里允许的 {limit} 个字符。",
    "dictionary.pattern": "这个正则表达式无法使用：{problem}。",
    "dictionary.pattern_empty": "这个正则表达式也能匹配空文本，会处处命中；请让它至少匹配一个字符。",
    "dictionary.pattern_groups": "一个正则表达式最多 {limit} 个分组。",
    "dictionary.pattern_too_costly": "这个正则表达式过大；请写短一些，或减少重复次数。",
    "dictionary.patterns_full": "词典最多 {limit} 个正则表达式；请先删除一个。",
    "dictionary.patterns_shared": "正则表达式只供管理员用于这里的词典；你自己的词典只接受词语。",
    "binding.full": "这里最多只能朗读 {limit} 个频道；请先取消一个。",
    "speed.unknown": "语速应为 {speeds} 之一，或用默认值。",
}
