"""Values handed to the next step behave as in one kernel: each case is run both ways and must print the same."""

# ruff: noqa: E501, W291

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import pytest
import scipy.sparse
import sklearn.linear_model
import sklearn.pipeline
from splitting import split

if TYPE_CHECKING:
    from pathlib import Path

# Imported here once: every case runs in processes forked from this one.
PRELOADED = (scipy.sparse, sklearn.linear_model, sklearn.pipeline)
matplotlib.use("agg")

SETUP = """\
import abc, collections, dataclasses, datetime, enum, functools, random, re, types, typing
import numpy as np
import pandas as pd
"""

CASES = {
    "view": (
        "a=np.arange(10.); b=a[2:5]",
        "a[3]=7; print(b, b.base is a)",
        "",
    ),
    "flags": (
        r"""
a=np.arange(10.); f=np.asfortranarray(np.ones((3,4))); t=f.T; s=np.zeros((4,4))[:, :2]; r=np.arange(3); r.flags.writeable=False
""",
        r"""
print(a.flags, f.flags, t.flags, r.flags, s.strides, t.base is f); r.flags.writeable=True; a.resize(20, refcheck=False); print(a)
""",
        "",
    ),
    "interleaved": (
        "X=np.arange(20.).reshape(4,5); A=X[:, :3]; y=X[:,4]; del X",
        "A[0,0]=9; print(A,y,A.strides,y.strides)",
        "",
    ),
    "neg": (
        r"""
a=np.arange(10)[::-2]; b=np.broadcast_to(np.arange(3),(4,3)); z=np.zeros((0,3)); q=np.array(3.5); e=np.array([],dtype='M8[ns]')
""",
        "print(a,a.strides,b,b.flags.writeable,z.shape,q,q.shape,e)",
        "",
    ),
    "dt": (
        r"""
a=np.array(['2020-01-01','NaT'],dtype='M8[D]'); s=np.zeros(3,dtype=[('x','i4'),('y','f8')]); o=np.array([1,'a',None,[1]],dtype=object); u=np.array(['ab','c']); bb=np.arange(4,dtype='>i4')
""",
        "print(a,s,o,u,bb,bb.dtype,s.dtype)",
        "",
    ),
    "sub": (
        "m=np.matrix([[1,2],[3,4]]); r=np.rec.array([(1,2.)],dtype=[('a','i4'),('b','f8')]); rr=r.a",
        "print(repr(m),repr(r),r.a, m*m); r.a[0]=5; print(rr)",
        "",
    ),
    "masked": (
        r"""
m=np.ma.array([1.,2,3],mask=[0,1,0],fill_value=9); m.harden_mask(); k=np.ma.masked; z=np.ma.array([1,2])
""",
        r"""
print(repr(m),m.hardmask,m.fill_value,k is np.ma.masked, z.mask is np.ma.nomask); m[1]=5; print(m)
""",
        "",
    ),
    "scalar": (
        r"""
a=np.float64(1.5); b=np.float32(.1); c=np.int8(3); d=np.datetime64('2020-01-01'); e=np.bool_(True); f=np.str_('x')
""",
        "print(*map(repr,(a,b,c,d,e,f)))",
        "",
    ),
    "df share": (
        r"""
df=pd.DataFrame({'a':[1,2,3],'b':[1.,2,3]}); d2=df.rename(columns=str.upper); d3=df[['a']]; s=df['a']; i=df.index
""",
        "df.loc[0,'a']=99; d2.loc[1,'A']=77; print(df,d2,d3,s)",
        "",
    ),
    "df in dict": (
        r"""
d={'df':pd.DataFrame({'a':[1,2,3]})}; d['e']=d['df'].rename(columns=str.upper); d['s']=d['df']['a']
""",
        "d['df'].loc[0,'a']=99; d['e'].loc[1,'A']=77; print(d)",
        "",
    ),
    "df numpy": (
        r"""
df=pd.DataFrame({'a':[1.,2,3]}); v=df['a'].to_numpy(); a=np.arange(6.).reshape(3,2); g=pd.DataFrame(a,copy=False)
""",
        "df.loc[0,'a']=99; a[0,0]=55; print(v,v.flags.writeable,g)",
        "",
    ),
    "df types": (
        r"""
df=pd.DataFrame({'c':pd.Categorical(['a','b','a'],ordered=True),'t':pd.date_range('2020',periods=3,tz='Europe/Berlin'),'s':['x',None,'y'],'i':pd.array([1,None,3]),'b':pd.array([True,None,False]),'p':pd.period_range('2020',periods=3,freq='M'),'iv':pd.interval_range(0,3),'sp':pd.arrays.SparseArray([0,0,1])}); mi=pd.MultiIndex.from_product([[1,2],['a','b']],names=['x','y']); g=df.groupby('c',observed=True)
df.attrs['k']=1; dd=df.set_index('t')
""",
        r"""
print(df,df.dtypes,df.attrs,mi,dd.index.freq,df.index); df.loc[0,'s']='zz'; print(df, dd.head(2)); print(g['i'].sum())
""",
        "",
    ),
    "df object": (
        "df=pd.DataFrame({'o':[[1],{'a':2},'x']}); l=df['o'][0]",
        "l.append(3); print(df)",
        "",
    ),
    "closure": (
        r"""
def mk():
    n=0
    def inc():
        nonlocal n; n+=1; return n
    def get(): return n
    return inc,get
inc,get=mk(); inc()
""",
        "inc(); print(get())",
        "",
    ),
    "globals": (
        r"""
k=1
def f(): return k
""",
        "k=5; print(f(), f.__globals__ is globals(), f.__module__)",
        "",
    ),
    "lambda list": (
        "fs=[lambda i=i: i*2 for i in range(3)]; gs=[lambda: i for i in range(3)]",
        "print([f() for f in fs])",
        "",
    ),
    "recursion": (
        r"""
def outer():
    def ev(n): return True if n==0 else od(n-1)
    def od(n): return False if n==0 else ev(n-1)
    return ev
ev=outer()
""",
        "print(ev(10))",
        "",
    ),
    "deco": (
        r"""
def deco(f):
    @functools.wraps(f)
    def w(*a,**k):
        w.calls+=1; return f(*a,**k)
    w.calls=0
    return w
@deco
def f(x, *, y=2) -> int:
    "doc"
    return x+y
f(1)
""",
        r"""
f(2); print(f.calls,f(3),f.__doc__,f.__name__,f.__annotations__,f.__wrapped__(1)); import inspect; print(inspect.signature(f))
""",
        "",
    ),
    "class val": (
        r"""
class A:
    n=0; items=[]
    def __init__(self,x): self.x=x; A.n+=1; A.items.append(x)
    @property
    def p(self): return self.x*2
    @classmethod
    def c(cls): return cls.n
    @staticmethod
    def s(v): return v+1
    def __repr__(self): return f"A({self.x})"
class B(A):
    __slots__=('z',)
    def __init__(self,x): super().__init__(x); self.z=3
a=A(1); b=B(2)
""",
        r"""
print(a,b,type(a) is A, isinstance(b,A), A.n, A.items, B.c(), A.s(2), b.p, b.z); A(5); print(a.n, b.items, type(b).__mro__)
""",
        "",
    ),
    "class ref": (
        "o=P(1,2); l=[o,P(3,4)]; t=type(o); m=o.m; f=P.sm; u=P.m",
        "print(o,l,t is P, type(o) is P, m(), f(2), u(o), m.__self__ is o, u is P.m)",
        r"""
@dataclasses.dataclass
class P:
    x:int
    y:int
    def m(self): return self.x+self.y
    @staticmethod
    def sm(v): return v
    class In: pass
""",
    ),
    "enum": (
        r"""
class Col(enum.Enum):
    R=1; G=2
    def low(self): return self.name.lower()
c=Col.R; d={Col.G:1}
""",
        "print(c is Col.R, c.low(), d[Col.G], list(Col), Col(2) is Col.G)",
        "",
    ),
    "namedtuple": (
        "P=collections.namedtuple('P','x y'); p=P(1,2); q=[P(3,4)]",
        "print(p,type(p) is P,q,p._replace(x=5), isinstance(q[0],P))",
        "",
    ),
    "abc": (
        r"""
class S(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
class T(S):
    def f(self): return 1
@S.register
class V: pass
t=T()
T1=typing.TypeVar('T1')
class G(typing.Generic[T1]):
    def __init__(self,v:T1): self.v=v
g=G[int](3)
""",
        r"""
print(t.f(), isinstance(t,S), isinstance(V(),S), g.v, G[int]); 
try: S()
except TypeError as e: print(e)
""",
        "",
    ),
    "dataclass": (
        r"""
@dataclasses.dataclass(order=True)
class D:
    x:int=0
    l:list=dataclasses.field(default_factory=list)
d=D(1); e=D(1,d.l)
""",
        "d.l.append(2); print(d,e,d==e,dataclasses.fields(D)[1].name,D()<d)",
        "",
    ),
    "misc": (
        r"""
p=functools.partial(max,key=abs); od=collections.OrderedDict(a=1); dd=collections.defaultdict(list,{'a':[1]}); dq=collections.deque([1,2],maxlen=3); ct=collections.Counter('abca'); r=re.compile('a+'); it=iter([1,2,3]); next(it); ba=bytearray(b'abc'); mv=memoryview(ba); c=complex(1,2); el=...; ni=NotImplemented; na=pd.NA; nt=pd.NaT; rg=range(3); sl=slice(1,2); ex=ValueError('x',1); ns=__import__('types').SimpleNamespace(a=1)
""",
        r"""
ba[0]=65; print(p([-3,2]),od,dd,dq,ct,r,list(it),ba,bytes(mv),type(mv),c,el is ...,ni is NotImplemented,na is pd.NA,nt is pd.NaT,rg,sl,repr(ex),ns); dd['z'].append(1); print(dd)
""",
        "",
    ),
    "rng": (
        r"""
r=np.random.default_rng(3); r.normal(); rs=np.random.RandomState(2); rr=random.Random(4); a={'r':r}; gl=np.random.mtrand._rand; f=np.random.rand; g=random.random
""",
        r"""
print(r.normal(),a['r'].normal(),rs.rand(),rr.random(),a['r'] is r, gl is np.random.mtrand._rand); np.random.seed(1); random.seed(1); x=np.random.rand(); np.random.seed(1); print(f()==x, gl.__class__.__name__); random.seed(2); y=random.random(); random.seed(2); print(g()==y)
""",
        "",
    ),
    "sklearn": (
        r"""
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
X=np.random.RandomState(0).rand(50,3); y=(X[:,0]>.5).astype(int)
sc=StandardScaler(); lr=LogisticRegression(); pipe=Pipeline([('s',sc),('l',lr)]); pipe.fit(X,y)
""",
        r"""
print(pipe.named_steps['s'] is sc, lr.coef_, pipe.predict(X)[:5], repr(pipe)); sc.mean_[0]=7; print(pipe.named_steps['s'].mean_)
""",
        "",
    ),
    "fig": (
        r"""
import matplotlib.pyplot as plt
fig,ax=plt.subplots(); ax.plot([1,2,3]); plt.close(fig)
""",
        r"""
print(ax.figure is fig, fig.axes[0] is ax, len(ax.lines)); ax.set_title('t'); print(fig.axes[0].get_title()); import matplotlib.pyplot as plt; print(plt.get_fignums())
""",
        "",
    ),
    "transforms": (  # who is told of a change is kept by id: an old id would be taken by another in the next process
        r"""
import matplotlib.pyplot as plt
fig,ax=plt.subplots(); ax.plot([1,2,3]); ax.twinx().plot([3,1]); plt.close(fig)
""",
        r"""
import gc; from matplotlib.transforms import TransformNode
nodes=[o for o in gc.get_objects() if isinstance(o, TransformNode)]
print(len(nodes) > 50, all(key == id(told()) for n in nodes for key, told in n._parents.items()), len(ax.transAxes._parents) > 1)
ax.set_position([.1,.1,.5,.5]); print(ax.transData.transform((1,2)))
""",
        "",
    ),
    "sparse": (
        r"""
import scipy.sparse as sp
m=sp.random(20,20,.1,format='csr',random_state=0); c=m.tocoo()
""",
        "print(type(m).__name__, m.sum(), m.nnz, c.toarray().sum(), m.has_sorted_indices)",
        "",
    ),
    "cycle": (
        "l=[1]; l.append(l); d={}; d['d']=d",
        r"""
print(l[1] is l, d['d'] is d)
class N: pass
""",
        "",
    ),
    "iterators": (
        r"""
xs=[1,2,3]; a=iter(xs); b=iter(xs); c=reversed(xs); d=iter(xs); e=iter(xs); ys=bytearray(b'abc'); f=iter(ys); [*map(next,(a,a,a,b,f,f,f))]; list(e); del xs[1:], ys[1:]
""",
        r"""
xs.extend([4,5,6]); ys.extend(b'def'); print(xs,ys,*map(list,(a,b,c,d,e,f)))
""",
        "",
    ),
    "deep": (
        r"""
class N: pass
h=None
for i in range(100000):
    n=N(); n.nx=h; h=n
l=[]
for i in range(50000): l=[l]
""",
        r"""
c=0
while h: h=h.nx; c+=1
print(c)
c=0
while l: l=l[0]; c+=1
print(c)
""",
        "",
    ),
    "sets": (
        r"""
s={'pear','apple','fig','kiwi','plum'}|{'a','b','c'}; t={1:s}; f=frozenset(['x','y','zz','w','qq','rr'])|{'p'}; u=set('hello world'); z=[s,s]; w={frozenset(['a','b']),frozenset(['c'])}
""",
        "print(s,t,f,u,z[0] is s,w); s.add('new'); print(s)",
        "",
    ),
    "lru": (
        r"""
@functools.lru_cache(maxsize=None)
def fib(n): return n if n<2 else fib(n-1)+fib(n-2)
""",
        "print(fib(30), fib.cache_info())",
        "",
    ),
    "local": (
        r"""
def outer():
    class L:
        v=[1]
        def g(self): return k
    return L()
o=outer(); p=type(o)(); k=3
""",
        "print(o.g(), type(o) is type(p)); o.v.append(2); print(p.v)",
        "",
    ),
    "modules": (
        "m=np; import os.path as op; M={'np':np}",
        "print(m is np, op.join('a','b'), M['np'] is np)",
        "",
    ),
    "objview": (
        "a=np.array([[1],[2],3,'x'],dtype=object); b=a[1:3]",
        "a[2]=99; b[0].append(5); print(a,b)",
        "",
    ),
    "big": (
        r"""
a=np.arange(400000.); b=a.reshape(1000,400); c=a[100:].copy(); d=pd.DataFrame(np.arange(600000.).reshape(100000,6),columns=list('abcdef')); d['s']=['x']*100000
""",
        r"""
a[5]=-1; d.loc[3,'a']=-4; print(b[0,5],a.sum(),c.sum(),d.sum(numeric_only=True).tolist(), d['s'].iloc[5], d.iloc[3].tolist())
""",
        "",
    ),
    "memview": (
        "a=np.arange(5); t=(a,a[1:]); n=[a,{'k':a}]",
        "t[1][0]=9; print(a,t,n)",
        "",
    ),
    "exc": (
        r"""
try:
    1/0
except Exception as e: err=e
""",
        "print(repr(err), type(err))",
        "",
    ),
    "gen alias": (
        "T=typing.List[int]; U=list[int]; V=typing.Optional[int]; O=int|None",
        "print(T,U,V,O)",
        "",
    ),
    "prop closure": (
        r"""
class A:
    def __init__(self): self._v=1
    @property
    def v(self): return self._v
    @v.setter
    def v(self,x): self._v=x
    @functools.cached_property
    def cp(self): return [self._v]
a=A(); a.cp
""",
        "a.v=5; print(a.v,a.cp)",
        "",
    ),
    "meta": (
        r"""
class M(type):
    def __new__(m,n,b,d): d['tag']=n; return super().__new__(m,n,b,d)
    def __call__(cls,*a):
        if not hasattr(cls,'_i'): cls._i=super().__call__(*a)
        return cls._i
class S(metaclass=M): pass
s=S()
""",
        "print(S() is s, S.tag, type(S) is M)",
        "",
    ),
}


@pytest.mark.parametrize("case", list(CASES))
def test_a_value_is_the_same_in_the_next_step(case: str, tmp_path: Path) -> None:
    """What a second step prints about a value is what one kernel prints."""
    first, second, setup = CASES[case]
    by_hand, in_steps = split(tmp_path, first, second, SETUP + setup)
    assert by_hand
    assert by_hand == in_steps
