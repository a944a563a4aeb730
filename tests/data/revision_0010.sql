BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0010');
CREATE TABLE binding (
	space VARCHAR(200) NOT NULL, 
	channel VARCHAR(80) NOT NULL, 
	voice_channel VARCHAR(80) NOT NULL, 
	voice VARCHAR(96) NOT NULL, 
	style VARCHAR(200) NOT NULL, 
	max_characters INTEGER NOT NULL, 
	PRIMARY KEY (space, channel)
)
 WITHOUT ROWID

;
INSERT INTO "binding" VALUES('space:discord:9001','81','91','Mia','Sad',99);
INSERT INTO "binding" VALUES('space:discord:9001','82','91','','',0);
INSERT INTO "binding" VALUES('space:telegram:-4002','','','','',0);
INSERT INTO "binding" VALUES('space:telegram:-4002','17','','Dean','Happy',55);
CREATE TABLE blocked_account (
	account VARCHAR(200) NOT NULL, 
	since BIGINT NOT NULL, 
	PRIMARY KEY (account)
);
INSERT INTO "blocked_account" VALUES('account:discord:1666',1795262400000);
INSERT INTO "blocked_account" VALUES('account:telegram:2666',1795262400000);
CREATE TABLE counter (
	scope VARCHAR(200) NOT NULL, 
	meter VARCHAR(10) NOT NULL, 
	window VARCHAR(10) NOT NULL, 
	start BIGINT NOT NULL, 
	characters BIGINT NOT NULL, 
	requests BIGINT NOT NULL, 
	granted BIGINT NOT NULL, 
	folded_characters BIGINT DEFAULT '0' NOT NULL, 
	folded_requests BIGINT DEFAULT '0' NOT NULL, 
	folded_granted BIGINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (scope, meter, window, start)
)
 WITHOUT ROWID

;
INSERT INTO "counter" VALUES('account:discord:1001','paid','day',1791763200000,63,2,0,31,1,0);
INSERT INTO "counter" VALUES('account:discord:1001','paid','day',1795219200000,139,4,500,0,0,0);
INSERT INTO "counter" VALUES('account:discord:1001','paid','minute',1795262280000,0,0,0,0,0,0);
INSERT INTO "counter" VALUES('account:discord:1001','paid','minute',1795262340000,0,0,0,0,0,0);
INSERT INTO "counter" VALUES('account:discord:1001','paid','minute',1795262400000,139,4,0,0,0,0);
INSERT INTO "counter" VALUES('account:telegram:2002','builtin','day',1795219200000,8,1,0,0,0,0);
INSERT INTO "counter" VALUES('account:telegram:2002','builtin','minute',1795262340000,0,0,0,0,0,0);
INSERT INTO "counter" VALUES('account:telegram:2002','builtin','minute',1795262400000,8,1,0,0,0,0);
INSERT INTO "counter" VALUES('account:telegram:2002','paid','day',1795219200000,0,0,0,0,0,0);
INSERT INTO "counter" VALUES('account:telegram:2002','paid','minute',1795262340000,0,0,0,0,0,0);
INSERT INTO "counter" VALUES('account:telegram:2002','paid','minute',1795262400000,25,1,0,0,0,0);
INSERT INTO "counter" VALUES('space:discord:9001','paid','day',1791763200000,63,2,0,31,1,0);
INSERT INTO "counter" VALUES('space:discord:9001','paid','day',1795219200000,96,3,0,0,0,0);
INSERT INTO "counter" VALUES('space:discord:9001','paid','minute',1795262340000,0,0,0,0,0,0);
INSERT INTO "counter" VALUES('space:discord:9001','paid','minute',1795262400000,96,3,0,0,0,0);
INSERT INTO "counter" VALUES('space:telegram:-4002','paid','day',1795219200000,25,1,0,0,0,0);
INSERT INTO "counter" VALUES('space:telegram:-4002','paid','minute',1795262340000,0,0,0,0,0,0);
INSERT INTO "counter" VALUES('space:telegram:-4002','paid','minute',1795262400000,25,1,0,0,0,0);
CREATE TABLE delivery (
	command VARCHAR(200) NOT NULL, 
	stage VARCHAR(10) NOT NULL, 
	clip VARCHAR(128), 
	changed BIGINT NOT NULL, 
	PRIMARY KEY (command)
)
 WITHOUT ROWID

;
INSERT INTO "delivery" VALUES('discord:11','spent','a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1',1795262400000);
INSERT INTO "delivery" VALUES('discord:12','sending','a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1',1795262400000);
INSERT INTO "delivery" VALUES('discord:13','done',NULL,1795262400000);
INSERT INTO "delivery" VALUES('telegram:14','telling',NULL,1795262400000);
CREATE TABLE dictionary_entry (
	owner VARCHAR(200) NOT NULL, 
	written VARCHAR(128) NOT NULL, 
	said VARCHAR(200) NOT NULL, 
	pattern BOOLEAN NOT NULL, 
	place INTEGER NOT NULL, 
	PRIMARY KEY (owner, written)
)
 WITHOUT ROWID

;
INSERT INTO "dictionary_entry" VALUES('account:discord:1001','Mx','',0,1);
INSERT INTO "dictionary_entry" VALUES('account:discord:1001','brb','be right back',0,0);
INSERT INTO "dictionary_entry" VALUES('account:telegram:2002','gg','good game',0,0);
INSERT INTO "dictionary_entry" VALUES('space:discord:9001','\bv\d+\b','version',1,1);
INSERT INTO "dictionary_entry" VALUES('space:discord:9001','api','A P I',0,2);
INSERT INTO "dictionary_entry" VALUES('space:discord:9001','zebra','striped horse',0,0);
INSERT INTO "dictionary_entry" VALUES('space:telegram:-4002','привет','privet',0,0);
CREATE TABLE journal (
	command VARCHAR(200) NOT NULL, 
	platform VARCHAR(40) NOT NULL, 
	content TEXT NOT NULL, 
	token TEXT, 
	created BIGINT NOT NULL, 
	PRIMARY KEY (command)
);
INSERT INTO "journal" VALUES('discord:11','discord','what was sent for discord:11','token of discord:11',1795262400000);
INSERT INTO "journal" VALUES('discord:12','discord','what was sent for discord:12','token of discord:12',1795262400000);
INSERT INTO "journal" VALUES('telegram:15','telegram','{"update_id": 15}',NULL,1795262400000);
CREATE TABLE ledger (
	"key" VARCHAR(200) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	account VARCHAR(200), 
	space VARCHAR(200), 
	meter VARCHAR(10) NOT NULL, 
	day BIGINT NOT NULL, 
	account_minute BIGINT, 
	space_minute BIGINT, 
	asked_characters BIGINT NOT NULL, 
	asked_requests BIGINT NOT NULL, 
	characters BIGINT NOT NULL, 
	requests BIGINT NOT NULL, 
	granted BIGINT NOT NULL, 
	owner VARCHAR(80) NOT NULL, 
	resumable BOOLEAN NOT NULL, 
	created BIGINT NOT NULL, 
	expires BIGINT NOT NULL, 
	settled BIGINT, 
	PRIMARY KEY ("key")
)
 WITHOUT ROWID

;
INSERT INTO "ledger" VALUES('discord:11','spent','account:discord:1001','space:discord:9001','paid',1795219200000,1795262400000,1795262400000,40,1,31,1,0,'bot:a7e29768de2544999162b43f4f76cd6d',1,1795262400000,1795262460000,1795262400000);
INSERT INTO "ledger" VALUES('discord:12','spent','account:discord:1001','space:discord:9001','paid',1795219200000,1795262400000,1795262400000,40,1,32,1,0,'bot:a7e29768de2544999162b43f4f76cd6d',1,1795262400000,1795262460000,1795262400000);
INSERT INTO "ledger" VALUES('discord:13','spent','account:discord:1001','space:discord:9001','paid',1795219200000,1795262400000,1795262400000,40,1,33,1,0,'bot:a7e29768de2544999162b43f4f76cd6d',1,1795262400000,1795262460000,1795262400000);
INSERT INTO "ledger" VALUES('discord:18','held','account:discord:1001',NULL,'paid',1795219200000,1795262400000,NULL,43,1,43,1,0,'bot:a7e29768de2544999162b43f4f76cd6d',1,1795262400000,1795348800000,NULL);
INSERT INTO "ledger" VALUES('discord:19','unknown','account:discord:1001',NULL,'paid',1795219200000,1795262340000,NULL,9,1,0,0,0,'bot:a7e29768de2544999162b43f4f76cd6d',0,1795262399000,1795262399500,1795262400000);
INSERT INTO "ledger" VALUES('discord:2','held','account:discord:1001','space:discord:9001','paid',1791763200000,1791806400000,1791806400000,32,1,32,1,0,'bot:a7e29768de2544999162b43f4f76cd6d',1,1791806400000,1796126400000,NULL);
INSERT INTO "ledger" VALUES('discord:20','spent','account:telegram:2002',NULL,'builtin',1795219200000,1795262400000,NULL,8,1,8,1,0,'bot:a7e29768de2544999162b43f4f76cd6d',1,1795262400000,1795262460000,1795262400000);
INSERT INTO "ledger" VALUES('granted:d4f6810bf19b47c388b73dd17569c0a4','granted','account:discord:1001',NULL,'paid',1795219200000,NULL,NULL,0,0,0,0,500,'bot:a7e29768de2544999162b43f4f76cd6d',0,1795262400000,1795262400000,1795262400000);
INSERT INTO "ledger" VALUES('reset:01cb79e4cc49451dad6b5c8eac3a67fd','reset','account:telegram:2002',NULL,'paid',1795219200000,NULL,NULL,0,0,-25,-1,0,'bot:a7e29768de2544999162b43f4f76cd6d',0,1795262400000,1795262400000,1795262400000);
INSERT INTO "ledger" VALUES('telegram:16','spent','account:telegram:2002','space:telegram:-4002','paid',1795219200000,1795262400000,1795262400000,25,1,25,1,0,'bot:a7e29768de2544999162b43f4f76cd6d',1,1795262400000,1795262460000,1795262400000);
INSERT INTO "ledger" VALUES('telegram:17','released','account:telegram:2002',NULL,'paid',1795219200000,1795262400000,NULL,20,1,0,0,0,'bot:a7e29768de2544999162b43f4f76cd6d',1,1795262400000,1795262460000,1795262400000);
CREATE TABLE preference (
	account VARCHAR(200) NOT NULL, 
	name VARCHAR(40) NOT NULL, 
	value JSON NOT NULL, 
	PRIMARY KEY (account, name)
)
 WITHOUT ROWID

;
INSERT INTO "preference" VALUES('account:discord:1001','favourite_styles','["Whisper", "Happy"]');
INSERT INTO "preference" VALUES('account:discord:1001','favourite_voices','["Mia", "Dean"]');
INSERT INTO "preference" VALUES('account:discord:1001','language','"zh"');
INSERT INTO "preference" VALUES('account:discord:1001','nickname','"Annie"');
INSERT INTO "preference" VALUES('account:discord:1001','opted_out','true');
INSERT INTO "preference" VALUES('account:discord:1001','recent_styles','["Sad", "Happy"]');
INSERT INTO "preference" VALUES('account:discord:1001','recent_voices','["Dean", "Chloe"]');
INSERT INTO "preference" VALUES('account:discord:1001','speed','"slow"');
INSERT INTO "preference" VALUES('account:discord:1001','spoken_language','"en"');
INSERT INTO "preference" VALUES('account:discord:1001','style','"Sad"');
INSERT INTO "preference" VALUES('account:discord:1001','voice','"Chloe"');
INSERT INTO "preference" VALUES('account:telegram:-4002','voice','"Mia"');
INSERT INTO "preference" VALUES('account:telegram:2002','speed','"fast"');
INSERT INTO "preference" VALUES('account:telegram:2002','voice','"Milo"');
CREATE TABLE progress_message (
	platform VARCHAR(40) NOT NULL, 
	chat VARCHAR(80) NOT NULL, 
	message VARCHAR(80) NOT NULL, 
	PRIMARY KEY (platform, chat, message)
)
 WITHOUT ROWID

;
INSERT INTO "progress_message" VALUES('telegram','2002','703');
CREATE TABLE provider_call (
	call_id VARCHAR(200) NOT NULL, 
	provider VARCHAR(80) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	day BIGINT NOT NULL, 
	minute BIGINT NOT NULL, 
	tokens BIGINT NOT NULL, 
	prompt_tokens BIGINT NOT NULL, 
	completion_tokens BIGINT NOT NULL, 
	estimated BOOLEAN NOT NULL, 
	started BIGINT NOT NULL, 
	expires BIGINT NOT NULL, 
	settled BIGINT, 
	PRIMARY KEY (call_id)
);
INSERT INTO "provider_call" VALUES('bot:a:1','mimo','ok',1795219200000,1795262400000,83,41,42,0,1795262400000,1795348800000,1795262400000);
INSERT INTO "provider_call" VALUES('bot:a:2','mimo','failed',1795219200000,1795262400000,11,5,6,1,1795262400000,1795348800000,1795262400000);
INSERT INTO "provider_call" VALUES('bot:a:3','mimo','open',1795219200000,1795262400000,100,0,0,1,1795262400000,1795348800000,NULL);
CREATE TABLE provider_counter (
	provider VARCHAR(80) NOT NULL, 
	window VARCHAR(10) NOT NULL, 
	start BIGINT NOT NULL, 
	calls BIGINT NOT NULL, 
	tokens BIGINT NOT NULL, 
	estimated BIGINT NOT NULL, 
	failed BIGINT NOT NULL, 
	PRIMARY KEY (provider, window, start)
);
INSERT INTO "provider_counter" VALUES('mimo','day',1795219200000,3,194,2,1);
INSERT INTO "provider_counter" VALUES('mimo','minute',1795262340000,0,0,0,0);
INSERT INTO "provider_counter" VALUES('mimo','minute',1795262400000,3,194,2,1);
CREATE TABLE provider_pause (
	provider VARCHAR(80) NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (provider)
);
INSERT INTO "provider_pause" VALUES('mimo',1795266000000);
CREATE TABLE quota_override (
	scope VARCHAR(200) NOT NULL, 
	unlimited BOOLEAN NOT NULL, 
	characters_per_day BIGINT, 
	requests_per_minute BIGINT, cooldown INTEGER, 
	PRIMARY KEY (scope)
);
INSERT INTO "quota_override" VALUES('account:discord:1001',0,5001,13,4);
INSERT INTO "quota_override" VALUES('role:discord:75',1,NULL,NULL,NULL);
INSERT INTO "quota_override" VALUES('space:telegram:-4002',0,NULL,17,NULL);
CREATE TABLE reading_setting (
	space VARCHAR(200) NOT NULL, 
	name VARCHAR(40) NOT NULL, 
	value JSON NOT NULL, 
	PRIMARY KEY (space, name)
)
 WITHOUT ROWID

;
INSERT INTO "reading_setting" VALUES('space:discord:9001','actions','false');
INSERT INTO "reading_setting" VALUES('space:discord:9001','alone_seconds',45);
INSERT INTO "reading_setting" VALUES('space:discord:9001','auto_join','false');
INSERT INTO "reading_setting" VALUES('space:discord:9001','blocked_roles','["role:discord:64"]');
INSERT INTO "reading_setting" VALUES('space:discord:9001','bots','true');
INSERT INTO "reading_setting" VALUES('space:discord:9001','emphasis','false');
INSERT INTO "reading_setting" VALUES('space:discord:9001','expand_slang','false');
INSERT INTO "reading_setting" VALUES('space:discord:9001','ignored','["account:discord:1666", "account:discord:1667"]');
INSERT INTO "reading_setting" VALUES('space:discord:9001','in_call_only','false');
INSERT INTO "reading_setting" VALUES('space:discord:9001','language','"en"');
INSERT INTO "reading_setting" VALUES('space:discord:9001','laugh','false');
INSERT INTO "reading_setting" VALUES('space:discord:9001','max_characters',451);
INSERT INTO "reading_setting" VALUES('space:discord:9001','name_template','"{name} says"');
INSERT INTO "reading_setting" VALUES('space:discord:9001','names','false');
INSERT INTO "reading_setting" VALUES('space:discord:9001','priority_roles','["role:discord:62", "role:discord:63"]');
INSERT INTO "reading_setting" VALUES('space:discord:9001','quiet_from',1380);
INSERT INTO "reading_setting" VALUES('space:discord:9001','quiet_until',420);
INSERT INTO "reading_setting" VALUES('space:discord:9001','read_silent','true');
INSERT INTO "reading_setting" VALUES('space:discord:9001','required_roles','["role:discord:61"]');
INSERT INTO "reading_setting" VALUES('space:discord:9001','skip_emoji','true');
INSERT INTO "reading_setting" VALUES('space:discord:9001','skip_prefix','"!"');
INSERT INTO "reading_setting" VALUES('space:discord:9001','timezone','"Europe/Berlin"');
INSERT INTO "reading_setting" VALUES('space:discord:9001','webhooks','true');
INSERT INTO "reading_setting" VALUES('space:discord:9001','whisper','false');
INSERT INTO "reading_setting" VALUES('space:telegram:-4002','blocked_roles','["role:telegram:-4002"]');
INSERT INTO "reading_setting" VALUES('space:telegram:-4002','bots','true');
INSERT INTO "reading_setting" VALUES('space:telegram:-4002','ignored','["account:telegram:-4002"]');
INSERT INTO "reading_setting" VALUES('space:telegram:-4002','quiet_from',1);
CREATE TABLE session_marker (
	space VARCHAR(200) NOT NULL, 
	voice_channel VARCHAR(80) NOT NULL, 
	channels JSON NOT NULL, 
	seen BIGINT NOT NULL, 
	PRIMARY KEY (space)
);
INSERT INTO "session_marker" VALUES('space:discord:9001','91','["81", "83"]',1795262400000);
CREATE TABLE space_setting (
	space VARCHAR(200) NOT NULL, 
	name VARCHAR(40) NOT NULL, 
	value JSON NOT NULL, 
	PRIMARY KEY (space, name)
)
 WITHOUT ROWID

;
INSERT INTO "space_setting" VALUES('space:discord:9001','allowed_roles','["role:discord:71", "singing@role:discord:72"]');
INSERT INTO "space_setting" VALUES('space:discord:9001','blocked_roles','["role:discord:73", "voices@role:discord:74"]');
INSERT INTO "space_setting" VALUES('space:discord:9001','blocked_words','["pineapple", "\u0431\u044b\u0447\u043e\u043a \u0434\u0432\u0430"]');
INSERT INTO "space_setting" VALUES('space:discord:9001','channels','["81", "82"]');
INSERT INTO "space_setting" VALUES('space:discord:9001','cooldown',7);
INSERT INTO "space_setting" VALUES('space:discord:9001','default_style','"Happy, Whisper"');
INSERT INTO "space_setting" VALUES('space:discord:9001','default_voice','"Mia"');
INSERT INTO "space_setting" VALUES('space:discord:9001','language','"zh"');
INSERT INTO "space_setting" VALUES('space:discord:9001','reply_context','true');
INSERT INTO "space_setting" VALUES('space:discord:9001','role_cooldowns','{"role:discord:75": 3, "role:discord:76": 0}');
INSERT INTO "space_setting" VALUES('space:discord:9001','show_words','false');
INSERT INTO "space_setting" VALUES('space:telegram:-1009003','blocked_words','["\u4e2d\u6587\u8bcd"]');
INSERT INTO "space_setting" VALUES('space:telegram:-1009003','language','"en"');
INSERT INTO "space_setting" VALUES('space:telegram:-4002','allowed_roles','["role:telegram:-4002"]');
INSERT INTO "space_setting" VALUES('space:telegram:-4002','channels','["12"]');
INSERT INTO "space_setting" VALUES('space:telegram:-4002','cooldown',11);
INSERT INTO "space_setting" VALUES('space:telegram:-4002','default_voice','"Dean"');
CREATE TABLE spoken (
	platform VARCHAR(40) NOT NULL, 
	chat VARCHAR(80) NOT NULL, 
	message VARCHAR(80) NOT NULL, 
	account VARCHAR(200) NOT NULL, 
	created BIGINT NOT NULL, 
	PRIMARY KEY (platform, chat, message)
)
 WITHOUT ROWID

;
INSERT INTO "spoken" VALUES('discord','81','701','account:discord:1001',1795262400000);
INSERT INTO "spoken" VALUES('telegram','-4002','702','account:telegram:2002',1795262400000);
CREATE TABLE words (
	token VARCHAR(16) NOT NULL, 
	account VARCHAR(200) NOT NULL, 
	space VARCHAR(200) NOT NULL, 
	text TEXT NOT NULL, 
	styles JSON NOT NULL, 
	voice_kind VARCHAR(16) NOT NULL, 
	voice TEXT NOT NULL, 
	description TEXT NOT NULL, 
	instruction TEXT NOT NULL, 
	take BIGINT NOT NULL, 
	created BIGINT NOT NULL, 
	PRIMARY KEY (token)
);
INSERT INTO "words" VALUES('YT6RM9dBE1wO','account:discord:1001','space:discord:9001','words of Ann','["Happy", "Sad"]','designed','','an old pirate','as if tired',3,1795262400000);
INSERT INTO "words" VALUES('eF6MGmHv2Yrd','account:telegram:2002','','слова Бо','[]','preset','Milo','','',0,1795262400000);
CREATE INDEX counter_age ON counter (window, start);
CREATE INDEX ledger_day ON ledger (day);
CREATE INDEX ledger_open ON ledger (expires) WHERE state = 'held';
CREATE INDEX provider_call_day ON provider_call (day);
CREATE INDEX provider_call_open ON provider_call (provider, expires) WHERE state = 'open';
CREATE INDEX words_account ON words (account, created);
CREATE INDEX words_age ON words (created);
CREATE INDEX spoken_age ON spoken (created);
CREATE INDEX delivery_age ON delivery (changed);
COMMIT;
