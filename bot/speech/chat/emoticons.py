"""Faces made of signs, and what each shows. Read by ``pictures``; the languages have a word for each kind."""

_ROWS = """
smile d:) d:-) :) :-) :> -) :o) (: =) :] ^‿^ ◕‿◕ (◕‿◕) (^_^) (^^)
grin :D :oD :-D =D :')
laugh xD XD X-D xDD XDD xd Xd xdd
sad /_\\ :( :o( :-( =( :[ :c ): u_u
cry :'( ;_; T_T T-T TT_TT TwT QAQ QwQ Q_Q (T_T) (ಥ﹏ಥ) (╥﹏╥)
angry (￣ε(#￣) >:( >:-( ಠ益ಠ
wink ;) ;o) ;-) ;D
tongue :P :-P :p ;P xP :b
surprised :O :-O :o O_O o_o
unsure :/ :-? =/ :-/ :S :\\
blank :| :-| ._.
heart <3 ♡
heartbreak </3
kiss :* :-* ;*
cat :3 :-3
happy ^^ ^_^ ^-^ ^o^ \\o/ (≧▽≦) (≧∇≦) (≧ω≦) (≧◡≦) ≧▽≦ (^▽^) (^o^) (´▽`) (*´▽`*) (￣▽￣) (・∀・) (´∀`)
annoyed -_- -.- -_-' -.-' -_-; -.-; =_= (-_-)
puzzled o_O O_o o.O O.o
frustrated >_< >.< >< (>_<) (>﹏<)
cute uwu UwU owo OwO >w< QwO (>ω<) (´・ω・`) (・ω・)
cool B-) 8-)
shrug ¯\\_(ツ)_/¯ ¯\\(ツ)/¯ ¯_(ツ)_/¯ ╮(╯▽╰)╭ ┐(´д｀)┌
flip (╯°□°)╯︵┻━┻ (╯°□°）╯︵┻━┻ (ノಠ益ಠ)ノ彡┻━┻
smirk (¬‿¬) >:) >:D
stern ಠ_ಠ
hug (づ｡◕‿‿◕｡)づ (つ≧▽≦)つ (っ´▽`)っ
bear ʕ•ᴥ•ʔ
shocked (⊙_⊙) (°ロ°)
kneel orz Orz OTZ otz
"""
_WITH_BLANKS = {
    "(╯°□°)╯︵ ┻━┻": "flip",
    "(╯°□°）╯︵ ┻━┻": "flip",
    "┬─┬ ノ( ゜-゜ノ)": "unflip",
    "┬─┬ノ( º _ ºノ)": "unflip",
    "( ͡° ͜ʖ ͡°)": "smirk",
    ": )": "smile",
}

EMOTICONS = {face: kind for kind, *faces in map(str.split, _ROWS.strip().splitlines()) for face in faces} | _WITH_BLANKS
"""Kind by face."""
WORDS = {face: kind for face, kind in EMOTICONS.items() if face.isalpha()}
"""Those that are written as words."""
