"""The sentences in Chinese."""

SENTENCES: dict[str, str] = {
    "yes": "是",
    "no": "否",
    "time.hours": "{hours} 小时 {minutes} 分钟后",
    "time.minutes": "{minutes} 分钟后",
    "time.seconds": "{seconds} 秒后",
    "time.moment": "{clock}，{span}",
    "config.unknown_key": "配置中有未知的键 {key}；是不是想写 {suggestion}？",
    "config.unknown_variable": "环境变量中有未知的设置 {variable}；是不是想写 {suggestion}？",
    "config.bad_value": "配置项 {key} 无法使用：{problem}。",
    "config.missing": "找不到配置文件 {path}。",
    "config.unreadable": "无法读取 {path}（{problem}）。",
    "config.not_toml": "{path} 不是有效的 TOML：{problem}。",
    "config.unknown_provider": "配置中没有名为 {name} 的提供方；是不是想写 {suggestion}？",
    "config.provider_type": "提供方 {name} 需要指定 type：{types} 之一。",
    "config.no_provider": "没有启用任何提供方：请在 [speech] providers 中写上一个。",
    "text.empty": "这段文字里没有可以朗读的内容。",
    "text.too_long": "这段文字有 {length} 个字符，一次最多能朗读 {limit} 个。",
    "voice.unknown": "没有名为 {voice} 的声音；可用的有：{voices}。",
}
